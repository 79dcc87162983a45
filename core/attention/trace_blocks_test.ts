import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { Hbm3PimMemory } from "../memory/hbm3_pim.ts";
import { simulateSystem } from "../system/simulate.ts";
import { parseSystemSpec } from "../system/spec.ts";
import { traceBlocks } from "./trace_blocks.ts";
import type { TraceHeader } from "./trace_format.ts";
import { readTrace } from "./trace_reader.ts";
import { TraceWriter } from "./trace_writer.ts";

const HEADER: TraceHeader = {
  version: 1,
  model: { name: "m", digest: "", layers: 3, queryHeads: 2, kvHeads: 2, headDim: 128 },
  policy: { name: "p", version: "1", digest: "", budget: 64, parameters: {}, denseLayers: [0] },
  headUnit: "query-head",
  lists: ["rows16"],
};

/** A trace of two samples, of three steps each; heads read what `blocks` says. */
async function traceOf(
  blocks: (step: number, layer: number, head: number) => number[],
  header = HEADER,
) {
  const pieces: Uint8Array[] = [];
  const writer = new TraceWriter(header, (bytes) => pieces.push(bytes));
  for (const name of ["a", "b"]) {
    writer.beginSample(name);
    for (let step = 1; step <= 3; step++) {
      for (let layer = 0; layer < 3; layer++) {
        for (let headGroup = 0; headGroup < 2; headGroup++) {
          const rows16 = Uint32Array.from(blocks(step, layer, headGroup));
          const counts = {
            sequentialRows16: rows16.length,
            placedRows16: rows16.length,
            sequentialDramRows: 1,
            placedDramRows: 1,
          };
          const row = { step, layer, headGroup, contextTokens: 1600 + step, keptTokens: 4 };
          writer.selection({ ...row, ...counts }, header.lists.length > 0 ? { rows16 } : {});
        }
      }
    }
    writer.endSample();
  }
  writer.end();
  return await readTrace(pieces, "a.trace");
}

const spread = (_: number, layer: number, head: number) => [layer, 20 + head, 21 + head, 90];

Deno.test("heads read the rows that the trace's sparse layers read, in order and over again", async () => {
  const source = await traceBlocks(await traceOf(spread));
  const at = (head: number) => source.blocksOf({ step: 0, head, storedBlocks: 101, keptBlocks: 4 });
  deepEqual([...at(0)], [1, 20, 21, 90]);
  deepEqual([...at(3)], [2, 21, 22, 90]);
  deepEqual(at(4), at(0));
  deepEqual(source.budgets, [64, 64, 64]);
  equal(source.firstContext, 1601);
  // Four blocks in three runs.
  ok(Math.abs(source.meanRun - 4 / 3) < 1e-12);
});

Deno.test("queries that read a KV head at once read the union of their rows", async () => {
  const header = { ...HEADER, model: { ...HEADER.model, kvHeads: 1 } };
  const read = async (readOnce: boolean) => {
    const source = await traceBlocks(await traceOf(spread, header), { readOnce });
    const at = (head: number) => [
      ...source.blocksOf({ step: 0, head, storedBlocks: 101, keptBlocks: 4 }),
    ];
    return { source, lists: [at(0), at(1)] };
  };
  const once = await read(true);
  deepEqual(once.lists, [[1, 20, 21, 22, 90], [2, 20, 21, 22, 90]]);
  deepEqual(once.source.budgets, [80, 80, 80]);
  equal(once.source.unitedQueries, 2);
  const each = await read(false);
  deepEqual(each.lists, [[1, 20, 21, 90], [1, 21, 22, 90]]);
  deepEqual(each.source.budgets, [64, 64, 64]);
  equal(each.source.unitedQueries, undefined);
});

Deno.test("a trace that has one list a KV head has its union already", async () => {
  const header = {
    ...HEADER,
    model: { ...HEADER.model, queryHeads: 8 },
    headUnit: "kv-head",
  } as const;
  const source = await traceBlocks(await traceOf(spread, header), { readOnce: true });
  const read = source.blocksOf({ step: 0, head: 1, storedBlocks: 101, keptBlocks: 4 });
  deepEqual([...read], [1, 21, 22, 90]);
  equal(source.unitedQueries, 4);
});

Deno.test("a run from a trace opens the rows of its blocks", async () => {
  using memory = await Hbm3PimMemory.open({ workers: 1 });
  const time = async (blocks: (step: number, layer: number, head: number) => number[]) => {
    const source = await traceBlocks(await traceOf(blocks));
    const spec = parseSystemSpec({
      system: "dgx-attacc",
      model: "GPT-13B",
      lin: 1600,
      lout: 4,
      rows: "scattered",
      sparsity: { kvBudgets: [...source.budgets] },
    });
    const { row, sampling } = await simulateSystem(spec, memory, { blocks: source });
    deepEqual(sampling, { scatteredSteps: 3, sampledSteps: 3, relativeError: 0 });
    return row.g_matmul;
  };
  ok(await time(spread) > await time(() => [0, 1, 2, 3]));
});

Deno.test("a run of another length or prompt than the trace's is refused", async () => {
  const source = await traceBlocks(await traceOf(spread));
  const read = (step: number, storedBlocks: number) => () =>
    Promise.resolve().then(() => source.blocksOf({ step, head: 0, storedBlocks, keptBlocks: 4 }));
  await rejects(read(3, 101), /below 3, but found 3: a run from it makes at most 4 tokens/);
  await rejects(read(0, 200), /context of 1601 tokens but found 200 blocks: .* with 1600 tokens/);
});

Deno.test("a trace without rows, a policy's layer or the sample is refused", async () => {
  await rejects(
    async () => await traceBlocks(await traceOf(spread, { ...HEADER, lists: [] })),
    /carries the rows read \(rows16\) but found their number only/,
  );
  await rejects(
    async () => await traceBlocks(await traceOf(spread), { sample: 2 }),
    /sample 2 but found none/,
  );
  const policy = { ...HEADER.policy, denseLayers: [0, 1, 2] };
  await rejects(
    async () => await traceBlocks(await traceOf(spread, { ...HEADER, policy })),
    /^TraceBlocksError: Expected a layer under the policy but found none: all 3 are dense$/,
  );
});
