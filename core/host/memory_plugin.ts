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

/** A memory model ready to run. Every call gets a fresh instance. */
export class MemoryPlugin {
  constructor(readonly plugin: LoadedPlugin) {}

  describe(): Promise<MemoryOutcome<Description>> {
    return this.#call("describe", [], () => null);
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
    const instance = await runner.instantiate();
    if (instance.kind !== "ok") return instance;
    const outcome = await runner.call(instance.value, name, values) as MemoryOutcome<T>;
    runner.discard(instance.value);
    if (outcome.kind !== "ok") return outcome;
    const breach = breachOf(outcome.value);
    return breach === null ? outcome : { kind: "broke-contract", breach };
  }
}

function breachOfCost({ cycleNs, energy }: Cost): string | null {
  if (!(cycleNs > 0 && Number.isFinite(cycleNs))) {
    return `Expected a cycle longer than 0 ns but found ${cycleNs}`;
  }
  const kinds = new Set(energy.map(({ kind }) => kind));
  if (kinds.size !== energy.length) return "Expected each kind of energy at most once";
  const odd = energy.find(({ picojoules }) => !(picojoules >= 0 && Number.isFinite(picojoules)));
  return odd === undefined ? null : `Expected picojoules from 0 but found ${odd.picojoules}`;
}
