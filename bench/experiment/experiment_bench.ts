// deno-lint-ignore-file no-console -- a bench prints its table
/**
 * How long the paper's system experiment takes, and how that grows.
 *
 * `deno run -A bench/experiment/experiment_bench.ts` runs, in one process and with an empty store
 * of results:
 *
 * 1. the twelve runs of the paper's setting (2,048 + 32,000 tokens, batch 16, 8 H100 with HBM3-PIM):
 *    Mistral-7B, LLAMA-7B and GPT-13B, each with full attention, STARC, Quest and SparQ. Budgets are
 *    the published tables where they lie beside the checkout, else made-up ones that vary as widely.
 *    Each run is done `ROUNDS` times with the memory as a component in the plugin host, as the
 *    commands do it, and with the engine called directly, in turn and with stores of results of
 *    their own; the table has the shortest time of either, the last line also processor time, which
 *    other work on the machine disturbs less;
 * 2. one run of full attention for 1,000 to 128,000 generated tokens;
 * 3. one run of full attention for batches that make 1 to 64 heads a stack.
 *
 * Times are wall-clock of one run each; 2 and 3 have a store of their own that begins empty for
 * every row. Memory is the peak of the process (VmHWM), where the system tells.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { cpuUsage } from "node:process";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { openBuiltInMemory } from "../../core/memory/built_in_memories.ts";
import { Hbm3PimMemory } from "../../core/memory/hbm3_pim.ts";
import type { MemoryModel } from "../../core/memory/memory_model.ts";
import { RememberingMemory } from "../../core/memory/remembering_memory.ts";
import { ResultStore } from "../../core/memory/result_store.ts";
import { parseBudgetTable } from "../../core/system/budgets.ts";
import { simulateSystem } from "../../core/system/simulate.ts";
import { parseSystemSpec } from "../../core/system/spec.ts";

const SETTING = {
  system: "dgx-attacc",
  gpu: "H100",
  ngpu: 8,
  pim: "bank",
  powerlimit: true,
  ffopt: true,
  pipeopt: true,
  lin: 2048,
  lout: 32000,
  batch: 16,
} as const;

const MODELS = [["Mistral-7B", "Mistral"], ["LLAMA-7B", "Llama"], ["GPT-13B", "GPT"]] as const;
/** Mean tokens of the published tables and how far a made-up table strays from them. */
const METHODS = [["full"], ["STARC", 1600, 400], ["Quest", 1024, 0], [
  "SparQ",
  4200,
  3000,
]] as const;

const TABLES = new URL("../../../shared/data/kv_budget/", import.meta.url);

function budgets(model: string, method: string, mean: number, spread: number): readonly number[] {
  const file = fileURLToPath(new URL(`kv_budget_${model}_${method}.txt`, TABLES));
  if (existsSync(file)) return parseBudgetTable(readFileSync(file, "utf8"), file);
  return Array.from(
    { length: SETTING.lout },
    (_, step) => Math.round(mean + spread * Math.sin(step * 12.9898)),
  );
}

/** Seconds that `action` takes. */
async function seconds(action: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await action();
  return (performance.now() - begin) / 1000;
}

function peakMemory(): string {
  const status = "/proc/self/status";
  if (!existsSync(status)) return "unknown on this system";
  const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(status, "utf8"))?.[1];
  return `${Math.round(Number(kib) / 1024)} MiB`;
}

async function run(memory: RememberingMemory, changes: Record<string, unknown>) {
  return await simulateSystem(parseSystemSpec({ ...SETTING, ...changes }), memory);
}

/** Times each of the twelve runs is done on either way. */
const ROUNDS = 3;

/** A way to the engine: the memory with a store of its own for each round. */
type Way = readonly RememberingMemory[];

async function paperRuns(host: MemoryModel, direct: MemoryModel) {
  using stores = new DisposableStack();
  const wayTo = (memory: MemoryModel): Way =>
    Array.from(
      { length: ROUNDS },
      () => new RememberingMemory(memory, stores.use(ResultStore.inMemory())),
    );
  const ways = [wayTo(host), wayTo(direct)];
  const cpu = [0, 0];
  const head = ["model", "method", "in the host, s", "directly, s", "g_time (ms)", "g_energy (J)"];
  const table = new Table({ head });
  const totals = [0, 0];
  for (const [model, tables] of MODELS) {
    for (const [method, mean, spread] of METHODS) {
      const sparsity = method === "full"
        ? undefined
        : { kvBudgets: budgets(tables, method, mean, spread) };
      const changes = { model, ...(sparsity && { sparsity }) };
      const shortest = [Infinity, Infinity];
      const leastCpu = [Infinity, Infinity];
      let row;
      for (let round = 0; round < ROUNDS; round++) {
        // Who goes first finds caches cold and clocks high: both do, in turn.
        for (const way of round % 2 === 0 ? [0, 1] : [1, 0]) {
          const before = cpuUsage();
          const took = await seconds(async () => {
            ({ row } = await run(ways[way]![round]!, changes));
          });
          const { user, system } = cpuUsage(before);
          shortest[way] = Math.min(shortest[way]!, took);
          leastCpu[way] = Math.min(leastCpu[way]!, (user + system) / 1e6);
        }
      }
      shortest.forEach((took, way) => totals[way]! += took);
      leastCpu.forEach((took, way) => cpu[way]! += took);
      table.push([
        model,
        method,
        ...shortest.map((took) => took.toFixed(2)),
        row!["g_time (ms)"].toFixed(4),
        (row!["g_energy (nJ)"] / 1e9).toFixed(4),
      ]);
    }
  }
  const [inHost, directly] = totals as [number, number];
  const [cpuInHost, cpuDirectly] = cpu as [number, number];
  console.log(table.toString());
  console.log(
    `twelve runs: ${inHost.toFixed(2)} s in the host, ${directly.toFixed(2)} s directly ` +
      `(${(100 * (inHost / directly - 1)).toFixed(1)} % more), of the processor ` +
      `${cpuInHost.toFixed(2)} s and ${cpuDirectly.toFixed(2)} s ` +
      `(${
        (100 * (cpuInHost / cpuDirectly - 1)).toFixed(1)
      } % more), peak memory ${peakMemory()}, ` +
      `load average ${Deno.loadavg().map((load) => load.toFixed(1)).join(", ")}`,
  );
}

async function growth(
  memory: MemoryModel,
  name: string,
  rows: readonly (readonly [label: string, changes: Record<string, unknown>])[],
) {
  const table = new Table({ head: [name, "seconds"] });
  for (const [label, changes] of rows) {
    using store = ResultStore.inMemory();
    const remembering = new RememberingMemory(memory, store);
    const took = await seconds(() => run(remembering, { model: "Mistral-7B", ...changes }));
    table.push([label, took.toFixed(2)]);
  }
  console.log(table.toString());
}

using memory = await openBuiltInMemory("hbm3-pim-bank");
using engine = await Hbm3PimMemory.open();
await paperRuns(memory, engine);
await growth(
  memory,
  "generated tokens",
  [1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000].map((lout) => [String(lout), { lout }]),
);
await growth(
  memory,
  "batch (heads a stack)",
  [1, 4, 16, 20, 40, 80].map((batch) => [
    `${batch} (${Math.ceil((4 * batch) / 5)})`,
    { batch, lout: 4000 },
  ]),
);
