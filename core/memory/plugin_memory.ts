/**
 * Memory models that are components.
 *
 * @module
 */
import type {
  Command,
  Cost,
  Description,
  MemoryError,
} from "../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { type LoadOptions, type PreparedPlugin, preparePlugin } from "../host/load_plugin.ts";
import { MemoryPlugin } from "../host/memory_plugin.ts";
import { type Outcome, PluginFailure, unwrap } from "../host/outcome.ts";
import { canonicalProgram } from "./canonical_program.ts";
import { checkClustering, checkProgram } from "./check_program.ts";
import { contractProgram } from "./contract_program.ts";
import type {
  AttentionProgram,
  MemoryModel,
  MemoryResult,
  PimLevel,
  PowerBudget,
  ProgressListener,
} from "./memory_model.ts";
import { programBatches, programCost } from "./program_batches.ts";
import { programKey } from "./program_key.ts";

/** Programs of a call: few enough to keep all workers busy to the end. */
const BATCH = 16;
/** Programs of a call that gets a fresh instance, which builds its memory anew. */
const BATCH_OF_FRESH = 64;

/** A command of a trace that a memory does not know, or whose address lies outside. */
export class BadCommandError extends Error {
  override readonly name = "BadCommandError";

  /** @param index of the command in the trace */
  constructor(readonly index: number, memory: string) {
    super(`Expected commands that the memory ${memory} has but found another at ${index}`);
  }
}

/** Options of {@linkcode PluginMemory.open}. */
export interface PluginMemoryOptions extends Pick<LoadOptions, "limits" | "cache" | "stop"> {
  /**
   * For components of this repository only: unmetered unless they are to heed a signal to stop, on the
   * calling thread where there is little
   * to do, in instances that serve many calls, and with programs of the same commands taken for
   * equal. Tests show that none of it changes an answer. Others run metered, in workers without
   * permissions, in a fresh instance a call, every program as it is.
   */
  readonly trusted?: boolean;
  /** Threads that simulate. Default: as many as the machine has cores. */
  readonly workers?: number;
  /** {@linkcode programCost} of all programs from which on more are worth starting. Default 4,000,000. */
  readonly workersFrom?: number;
  /** What to call it before it has said its name. */
  readonly label?: string;
}

/**
 * A memory model that is a component, run by the plugin host.
 *
 * @example
 * ```ts
 * import { builtComponent } from "../../wasm/sdk/build_cache.ts";
 * import { PluginMemory } from "./plugin_memory.ts";
 * import { equal } from "node:assert/strict";
 *
 * const folder = new URL("../../wasm/sdk/testdata/ideal/", import.meta.url);
 * using memory = await PluginMemory.open(await builtComponent(folder), { workers: 1 });
 * const [result] = await memory.simulate([{
 *   pim: "bank",
 *   power: "limited",
 *   heads: 2,
 *   headDim: 128,
 *   elementBytes: 2,
 *   contextTokens: 100,
 *   keptTokens: 64,
 *   partitionTokens: 4096,
 *   clustering: false,
 *   rowTokens: 16,
 *   oddTail: "once",
 * }]);
 * equal(result!.cycles, 128);
 * ```
 */
export class PluginMemory implements MemoryModel {
  readonly name: string;
  readonly digest: string;
  readonly cycleNs: number;
  readonly notes: readonly string[];
  /** What the component says it is. */
  readonly description: Description;
  readonly #prepared: PreparedPlugin;
  readonly #stop: PluginMemoryOptions["stop"];
  readonly #trusted: boolean;
  readonly #workersFrom: number;
  readonly #mostWorkers: number;
  /** Of a trusted component: on the calling thread. */
  readonly #local: MemoryPlugin | undefined;
  readonly #workers: MemoryPlugin[] = [];

  private constructor(
    prepared: PreparedPlugin,
    first: MemoryPlugin,
    description: Description,
    { trusted = false, workers, workersFrom = 4_000_000, stop }: PluginMemoryOptions,
  ) {
    this.name = description.name;
    this.digest = prepared.digest;
    this.cycleNs = description.cycleNs;
    this.notes = trusted ? [] : [
      `Energies are those of AttAcc's stack for the commands that ${description.name} counts; ` +
      "kvpim plugin bench shows the energies it reports itself.",
    ];
    this.description = description;
    this.#prepared = prepared;
    this.#stop = stop;
    this.#trusted = trusted;
    this.#mostWorkers = workers ?? navigator.hardwareConcurrency;
    this.#workersFrom = workersFrom;
    this.#local = trusted ? first : undefined;
    if (!trusted) this.#workers.push(first);
  }

  /**
   * Loads a component.
   *
   * @throws {PluginFailure} when it is refused or does not say what it is
   */
  static async open(bytes: Uint8Array, options: PluginMemoryOptions = {}): Promise<PluginMemory> {
    const { trusted = false, limits, cache, label, stop } = options;
    const prepared = unwrap(
      await preparePlugin(bytes, "memory", {
        metering: !trusted || stop !== undefined,
        ...limits && { limits },
        ...cache && { cache },
      }),
      label,
    );
    const isolation = trusted ? "none" : "worker";
    const first = await startPlugin(prepared, { isolation, stop }, trusted, label);
    try {
      const description = unwrap(await first.describe(), label);
      return new PluginMemory(prepared, first, description, options);
    } catch (error) {
      first.close();
      throw error;
    }
  }

  keyOf(program: AttentionProgram): string {
    return programKey(this.#trusted ? canonicalProgram(program) : program);
  }

  async simulate(
    programs: readonly AttentionProgram[],
    onProgress: ProgressListener = () => {},
  ): Promise<MemoryResult[]> {
    programs.forEach((program) => this.#check(program));
    const keys = programs.map((program) => this.keyOf(program));
    const distinct = new Map(keys.map((key, i) => [key, programs[i]!]));
    const results = await this.#run([...distinct.values()], (done) => {
      onProgress(done, distinct.size);
    });
    const found = new Map([...distinct.keys()].map((key, i) => [key, results[i]!]));
    return keys.map((key) => found.get(key)!);
  }

  /**
   * Runs a command trace on an idle memory whose MACs serve a query each.
   *
   * @throws {BadCommandError} when the memory does not know a command, or its address lies outside
   * @throws {RangeError} when it has no MACs at the level or does not keep the power budget, or the
   *   commands never end
   * @throws {PluginFailure} when the component fails
   */
  async runTrace(level: PimLevel, power: PowerBudget, commands: readonly Command[]): Promise<Cost> {
    this.#checkLevel(level);
    const [thread] = await this.#threadsFor([], 1);
    const outcome = await thread!.runTrace(level, power, 1, commands);
    if (outcome.kind !== "declined") return unwrap(outcome, this.name);
    switch (outcome.error.tag) {
      case "bad-command":
        throw new BadCommandError(outcome.error.value, this.name);
      case "never-served":
        throw new RangeError(
          `Expected commands that the memory ${this.name} can serve but found some that open and ` +
            "close each other's rows for ever",
        );
      case "unsupported":
        throw new RangeError(
          `Expected a trace that the memory ${this.name} serves but found one whose ` +
            `${outcome.error.value.field} it does not: ${JSON.stringify({ level, power })}`,
        );
    }
  }

  #check(program: AttentionProgram): void {
    checkProgram(program);
    this.#checkLevel(program.pim);
    if (this.#trusted) checkClustering(program);
  }

  #checkLevel(level: PimLevel): void {
    const levels = this.description.levels.map(({ level }) => level);
    if (levels.includes(level)) return;
    throw new RangeError(
      `Expected PIM at the ${levels.join(" or ")} with the memory ${this.name} but found it at ` +
        `the ${level}`,
    );
  }

  async #run(
    programs: readonly AttentionProgram[],
    onDone: (done: number) => void,
  ): Promise<MemoryResult[]> {
    const results = new Array<MemoryResult>(programs.length);
    const batches = programBatches(programs, this.#trusted ? BATCH : BATCH_OF_FRESH);
    const threads = await this.#threadsFor(programs, batches.length);
    let done = 0;
    let failed = false;
    await Promise.all(threads.map(async (thread) => {
      for (let batch = batches.shift(); batch !== undefined && !failed; batch = batches.shift()) {
        try {
          const answers = await this.#simulate(thread, batch.map((i) => programs[i]!));
          batch.forEach((i, k) => results[i] = answers[k]!);
        } catch (error) {
          failed = true;
          throw error;
        }
        onDone(done += batch.length);
      }
    }));
    return results;
  }

  async #threadsFor(
    programs: readonly AttentionProgram[],
    batches: number,
  ): Promise<readonly MemoryPlugin[]> {
    const work = programs.reduce((sum, program) => sum + programCost(program), 0);
    const isMuch = this.#mostWorkers > 1 && batches > 1 && work > this.#workersFrom;
    if (this.#local !== undefined && !isMuch) return [this.#local];
    const wanted = isMuch ? Math.min(this.#mostWorkers, batches) : 1;
    while (this.#workers.length < wanted) {
      const where = { isolation: "worker", stop: this.#stop } as const;
      this.#workers.push(await startPlugin(this.#prepared, where, this.#trusted, this.name));
    }
    return this.#workers.slice(0, wanted);
  }

  async #simulate(
    thread: MemoryPlugin,
    programs: readonly AttentionProgram[],
  ): Promise<MemoryResult[]> {
    const asked = programs.map((program) => {
      const { blockTokens } = this.description.levels.find(({ level }) => level === program.pim)!;
      return contractProgram(program, blockTokens);
    });
    const outcome = await thread.simulate(asked);
    if (outcome.kind === "declined") throw this.#declined(outcome, programs);
    const costs = unwrap(outcome, this.name);
    const other = costs.find(({ cycleNs }) => cycleNs !== this.cycleNs);
    if (other === undefined) return costs.map(resultOf);
    throw new PluginFailure({
      kind: "broke-contract",
      breach: `Expected cycles of ${this.cycleNs} ns, as described, but found ${other.cycleNs}`,
    }, this.name);
  }

  /** A program it cannot serve is a mistake of whoever asked; anything else is the plugin's. */
  #declined(
    outcome: Extract<Outcome<unknown, MemoryError>, { kind: "declined" }>,
    programs: readonly AttentionProgram[],
  ): Error {
    const { error } = outcome;
    const program = error.tag === "unsupported" ? programs[error.value.program] : undefined;
    if (error.tag !== "unsupported" || program === undefined) {
      return new PluginFailure(outcome, this.name);
    }
    return new RangeError(
      `Expected a program that the memory ${this.name} serves but found one whose ` +
        `${error.value.field} it does not: ${JSON.stringify(sizesOf(program))}`,
    );
  }

  /** Ends the workers. */
  [Symbol.dispose]() {
    this.#local?.close();
    for (const worker of this.#workers.splice(0)) worker.close();
  }
}

async function startPlugin(
  prepared: PreparedPlugin,
  where: Pick<LoadOptions, "isolation" | "stop">,
  keepsInstance: boolean,
  label: string | undefined,
): Promise<MemoryPlugin> {
  const started = await prepared.start(where);
  return new MemoryPlugin(unwrap(started, label), { keepsInstance });
}

/** A program without its blocks, which can be many. */
function sizesOf({ headBlocks, ...sizes }: AttentionProgram) {
  return headBlocks ? { ...sizes, headBlocks: "given" } : sizes;
}

function resultOf({ cycles, counts }: Cost): MemoryResult {
  return {
    cycles,
    mac: counts.mac,
    softmax: counts.softmax,
    mvgb: counts.moveGemvBuffer,
    mvsb: counts.moveSoftmaxBuffer,
    wrgb: counts.writeGemvBuffer,
  };
}
