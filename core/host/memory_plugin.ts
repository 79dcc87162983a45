import type {
  Command,
  Cost,
  Description,
  MemoryError,
  PimLevel,
  PowerBudget,
  Program,
} from "../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { type LoadedPlugin, type LoadOptions, loadPlugin } from "./load_plugin.ts";
import type { Outcome } from "./outcome.ts";
import type { InstanceId } from "./plugin_runner.ts";

/** How a call to a memory model ended. */
export type MemoryOutcome<T> = Outcome<T, MemoryError>;

/** Loads a memory model. */
export async function loadMemory(
  bytes: Uint8Array,
  options: LoadOptions = {},
): Promise<Outcome<MemoryPlugin>> {
  const loaded = await loadPlugin(bytes, "memory", options);
  return loaded.kind === "ok" ? { ...loaded, value: new MemoryPlugin(loaded.value) } : loaded;
}

/** Memory of a kept instance from which on it is let go. */
const KEPT_BYTES = 64 * 2 ** 20;

/** How {@linkcode MemoryPlugin} runs. */
export interface MemoryPluginOptions {
  /**
   * Whether an instance serves several calls, which saves building the memory each time. By default
   * every call gets a fresh one, so that a model cannot let its past decide; for built-ins, where a
   * test shows that it does not.
   */
  readonly keepsInstance?: boolean;
}

/** A memory model ready to run. */
export class MemoryPlugin {
  readonly #keepsInstance: boolean;
  #kept: InstanceId | undefined;

  constructor(readonly plugin: LoadedPlugin, options: MemoryPluginOptions = {}) {
    this.#keepsInstance = options.keepsInstance ?? false;
  }

  describe(): Promise<MemoryOutcome<Description>> {
    return this.#call("describe", [], breachOfDescription);
  }

  /** Simulates programs, each on an idle memory. */
  simulate(programs: readonly Program[]): Promise<MemoryOutcome<readonly Cost[]>> {
    return this.#call<readonly Cost[]>(
      "simulate",
      [programs],
      (costs) =>
        costs.length === programs.length
          ? costs.map(breachOfCost).find((breach) => breach !== null) ?? null
          : `Expected ${programs.length} costs but found ${costs.length}`,
    );
  }

  /** Runs a command trace on an idle memory whose MACs serve `queries` queries each. */
  runTrace(
    level: PimLevel,
    power: PowerBudget,
    queries: number,
    commands: readonly Command[],
  ): Promise<MemoryOutcome<Cost>> {
    return this.#call("run-trace", [level, power, queries, commands], breachOfCost);
  }

  close(): void {
    this.plugin.runner.close();
  }

  async #call<T>(
    name: string,
    values: readonly unknown[],
    breachOf: (value: T) => string | null,
  ): Promise<MemoryOutcome<T>> {
    const { runner } = this.plugin;
    const instance = await this.#instance();
    if (instance.kind !== "ok") return instance;
    const outcome = await runner.call(instance.value, name, values) as MemoryOutcome<T>;
    this.#letGo(instance.value, outcome);
    if (outcome.kind !== "ok") return outcome;
    const breach = breachOf(outcome.value);
    return breach === null ? outcome : { kind: "broke-contract", breach };
  }

  async #instance(): Promise<Outcome<InstanceId>> {
    const kept = this.#kept;
    if (kept === undefined) return await this.plugin.runner.instantiate();
    this.#kept = undefined;
    return { kind: "ok", value: kept, usage: { fuel: 0, memoryBytes: 0 } };
  }

  /** Calls that overlap have instances of their own; one of them is kept. */
  #letGo(instance: InstanceId, outcome: Outcome<unknown, unknown>): void {
    const isSound = outcome.kind === "ok" || outcome.kind === "declined";
    const mayStay = isSound && outcome.usage.memoryBytes <= KEPT_BYTES;
    if (this.#keepsInstance && mayStay && this.#kept === undefined) this.#kept = instance;
    else this.plugin.runner.discard(instance);
  }
}

function breachOfDescription(description: Description): string | null {
  const { levels, powerBudgets, cycleNs, channels } = description;
  if (!isLength(cycleNs)) return `Expected a cycle longer than 0 ns but found ${cycleNs}`;
  if (channels === 0) return "Expected at least one channel but found none";
  if (levels.length === 0) return "Expected at least one level but found none";
  if (powerBudgets.length === 0) return "Expected at least one power budget but found none";
  const distinct = new Set(levels.map(({ level }) => level));
  if (distinct.size !== levels.length) return "Expected each level at most once";
  const without = levels.find(({ blockTokens }) => blockTokens === 0);
  return without === undefined
    ? null
    : `Expected blocks of at least one token at level ${without.level} but found 0`;
}

function isLength(nanoseconds: number): boolean {
  return nanoseconds > 0 && Number.isFinite(nanoseconds);
}

function breachOfCost({ cycleNs, energy }: Cost): string | null {
  if (!isLength(cycleNs)) return `Expected a cycle longer than 0 ns but found ${cycleNs}`;
  const kinds = new Set(energy.map(({ kind }) => kind));
  if (kinds.size !== energy.length) return "Expected each kind of energy at most once";
  const odd = energy.find(({ picojoules }) => !(picojoules >= 0 && Number.isFinite(picojoules)));
  return odd === undefined ? null : `Expected picojoules from 0 but found ${odd.picojoules}`;
}
