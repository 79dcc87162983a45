/**
 * HBM3 with processing in memory, simulated to the cycle.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { buildModule } from "../../wasm/build.ts";
import { deviceImage } from "../../wasm/dram/device_image.ts";
import { canonicalProgram, tokensOfBlock } from "./canonical_program.ts";
import { hbm3PimDevice } from "./hbm3_pim_device.ts";
import type {
  AttentionProgram,
  MemoryModel,
  MemoryResult,
  ProgressListener,
} from "./memory_model.ts";
import { programArguments } from "./program_runner.ts";
import { Runners } from "./runners.ts";
import { WorkerPool } from "./worker_pool.ts";

/** Largest context, a bound on memory and time rather than of the machine. */
const MOST_TOKENS = 2 ** 24;
/** Heads whose keys fit a channel's address space in the reference's layout. */
const MOST_HEADS = 4096;

/** Queries a head's keys may serve together: published models have groups of up to 16. */
const MOST_QUERIES = 16;

/** Options of {@linkcode Hbm3PimMemory.open}. */
export interface Hbm3PimOptions {
  /** Threads that simulate. Default: as many as the machine has cores. */
  readonly workers?: number;
  /** Tokens times heads of a batch from which on workers are worth starting. Default 4,000,000. */
  readonly workersFrom?: number;
}

/**
 * The built-in memory model.
 *
 * @example
 * ```ts
 * import { Hbm3PimMemory } from "./hbm3_pim.ts";
 * import { equal } from "node:assert/strict";
 *
 * using memory = await Hbm3PimMemory.open();
 * const [result] = await memory.simulate([{
 *   pim: "bank",
 *   power: "limited",
 *   heads: 13,
 *   headDim: 128,
 *   elementBytes: 2,
 *   contextTokens: 2049,
 *   keptTokens: 1024,
 *   partitionTokens: 409600,
 *   clustering: false,
 *   rowTokens: 16,
 *   oddTail: "once",
 * }]);
 * equal(result!.cycles, 1890);
 * ```
 */
export class Hbm3PimMemory implements MemoryModel {
  readonly name = "hbm3-pim";
  readonly digest: string;
  readonly #module: WebAssembly.Module;
  readonly #options: Required<Hbm3PimOptions>;
  readonly #runners: Runners;
  #pool: WorkerPool | undefined;

  private constructor(
    module: WebAssembly.Module,
    digest: string,
    options: Required<Hbm3PimOptions>,
  ) {
    this.#module = module;
    this.#runners = new Runners(module);
    this.digest = digest;
    this.#options = options;
  }

  /** Compiles the engine, or takes it from where it was compiled before. */
  static async open(options: Hbm3PimOptions = {}): Promise<Hbm3PimMemory> {
    const { workers = navigator.hardwareConcurrency, workersFrom = 4_000_000 } = options;
    const { bytes, digest } = await buildModule("pim/assembly/index.ts", [
      "dram/assembly",
      "pim/assembly",
    ]);
    const hash = createHash("sha256").update(digest);
    for (const power of ["limited", "unlimited"] as const) {
      for (let queries = 1; queries <= MOST_QUERIES; queries++) {
        hash.update(new Uint8Array(deviceImage(hbm3PimDevice(power, queries)).buffer));
      }
    }
    const module = await WebAssembly.compile(bytes);
    return new Hbm3PimMemory(module, hash.digest("hex"), { workers, workersFrom });
  }

  keyOf(program: AttentionProgram): string {
    const canonical = canonicalProgram(program);
    const fields = [canonical.power, ...programArguments(canonical).map(Number)];
    return [...fields, ...digestOf(canonical.headBlocks)].join(" ");
  }

  async simulate(
    programs: readonly AttentionProgram[],
    onProgress: ProgressListener = () => {},
  ): Promise<MemoryResult[]> {
    programs.forEach(checkProgram);
    const distinct = new Map(programs.map((program) => [this.keyOf(program), program]));
    const results = await this.#run([...distinct.values()], onProgress);
    const found = new Map([...distinct.keys()].map((key, i) => [key, results[i]!]));
    return programs.map((program) => found.get(this.keyOf(program))!);
  }

  #run(programs: AttentionProgram[], onProgress: ProgressListener): Promise<MemoryResult[]> {
    let done = 0;
    const onDone = (count: number) => onProgress(done += count, programs.length);
    const work = programs.reduce((sum, program) => sum + program.keptTokens * program.heads, 0);
    const { workers, workersFrom } = this.#options;
    if (workers > 1 && programs.length > 1 && work > workersFrom) {
      this.#pool ??= new WorkerPool(this.#module, workers);
      return this.#pool.run(programs, onDone);
    }
    return Promise.resolve(programs.map((program) => {
      const result = this.#runners.run(program);
      onDone(1);
      return result;
    }));
  }

  /** Ends the workers. */
  [Symbol.dispose]() {
    this.#pool?.close();
    this.#pool = undefined;
  }
}

/** Nothing, or a digest of the blocks that tells their heads apart. */
function digestOf(headBlocks: readonly Uint32Array[] | undefined): string[] {
  if (!headBlocks) return [];
  const hash = createHash("sha256");
  for (const blocks of headBlocks) {
    hash.update(Uint32Array.of(blocks.length)).update(blocks);
  }
  return [hash.digest("hex")];
}

/** @throws {RangeError} when a size is out of range */
function checkProgram(program: AttentionProgram) {
  check("heads a stack", program.heads, 1, MOST_HEADS);
  check("headDim", program.headDim, 1, 4096);
  check("contextTokens", program.contextTokens, 1, MOST_TOKENS);
  check("keptTokens", program.keptTokens, 1, 2 * MOST_TOKENS);
  check("partitionTokens", program.partitionTokens, 1, MOST_TOKENS);
  check("rowTokens", program.rowTokens, 1, MOST_TOKENS);
  check("elementBytes", program.elementBytes, 1, 2);
  check("queries", program.queries ?? 1, 1, MOST_QUERIES);
  if (program.headBlocks) checkBlocks(program, program.headBlocks);
  if (program.clustering && program.pim !== "bank") {
    throw new RangeError(
      `Expected clustering with PIM at the bank but found it at the ${program.pim}: ` +
        "STARC describes no other",
    );
  }
}

function checkBlocks(program: AttentionProgram, headBlocks: readonly Uint32Array[]) {
  check("lists of blocks", headBlocks.length, program.heads, program.heads);
  const stored = Math.ceil(program.contextTokens / tokensOfBlock(program.pim));
  headBlocks.forEach((blocks, head) => {
    for (let i = 0; i < blocks.length; i++) {
      if (blocks[i]! < stored && (i === 0 || blocks[i]! > blocks[i - 1]!)) continue;
      throw new RangeError(
        `Expected the blocks of head ${head} to ascend below ${stored} but found ${blocks[i]} ` +
          `at index ${i}`,
      );
    }
  });
}

function check(name: string, value: number, least: number, most: number) {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(
    `Expected ${name} to be a whole number from ${least} to ${most} but found ${value}`,
  );
}
