import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { sharedPath, sharedTest } from "../testing/shared_material.ts";
import { budgetTable, type BudgetTableOptions, formatBudgetTable, tile } from "./budget_table.ts";
import { tilingPeriod } from "./tiling_period.ts";
import type { TraceHeader } from "./trace_format.ts";
import { readTrace } from "./trace_reader.ts";
import { TraceWriter } from "./trace_writer.ts";

const HEADER: TraceHeader = {
  version: 1,
  model: { name: "m", digest: "", layers: 3, queryHeads: 2, kvHeads: 1, headDim: 64 },
  policy: { name: "p", version: "1", digest: "", budget: 64, parameters: {}, denseLayers: [0] },
  headUnit: "query-head",
  lists: [],
};

/** Samples as rows by step, then by the four head groups of layers 1 and 2, head fastest. */
async function tableOf(
  samples: number[][][],
  options?: BudgetTableOptions,
  header = HEADER,
): Promise<number[]> {
  const pieces: Uint8Array[] = [];
  const writer = new TraceWriter(header, (bytes) => pieces.push(bytes));
  samples.forEach((steps, index) => {
    writer.beginSample(`sample ${index}`);
    steps.forEach((rows, step) => {
      const add = (layer: number, headGroup: number, placedRows16: number) =>
        writer.selection({
          step: step + 1,
          layer,
          headGroup,
          contextTokens: 4000,
          keptTokens: 64,
          sequentialRows16: 2 * placedRows16,
          placedRows16,
          sequentialDramRows: 1,
          placedDramRows: 1,
        });
      add(0, 0, 250);
      rows.forEach((count, i) => add(1 + (i >> 1), i & 1, count));
    });
    writer.endSample();
  });
  writer.end();
  return await budgetTable(await readTrace(pieces, "a.trace"), options);
}

Deno.test("an entry is 16 times the mean rows over heads of sparse layers, rounded", async () => {
  // Means 64, 64.25, 64.5: times 16 they are whole.
  deepEqual(await tableOf([[[64, 64, 64, 64], [64, 64, 64, 65], [64, 65, 64, 65]]]), [
    1024,
    1028,
    1032,
  ]);
});

Deno.test("entries that are no whole number are rounded, ties to even", async () => {
  const header = { ...HEADER, model: { ...HEADER.model, layers: 2, queryHeads: 32 } };
  for (const [extra, expected] of [[1, 1024], [2, 1025], [3, 1026], [5, 1026]] as const) {
    const pieces: Uint8Array[] = [];
    const writer = new TraceWriter(header, (bytes) => pieces.push(bytes));
    writer.beginSample("");
    for (let headGroup = 0; headGroup < 32; headGroup++) {
      const rows = headGroup === 0 ? 64 + extra : 64;
      writer.selection({
        step: 1,
        layer: 1,
        headGroup,
        contextTokens: 4000,
        keptTokens: 1024,
        sequentialRows16: rows,
        placedRows16: rows,
        sequentialDramRows: 4,
        placedDramRows: 4,
      });
    }
    writer.endSample();
    writer.end();
    deepEqual(await budgetTable(await readTrace(pieces, "a.trace")), [expected]);
  }
});

Deno.test("rows are counted as placed, or in the order of the text where asked", async () => {
  deepEqual(await tableOf([[[4, 4, 4, 4]]], { placement: "sequential" }), [128]);
});

Deno.test("samples are joined only where asked", async () => {
  const samples = [[[4, 4, 4, 4], [5, 5, 5, 5]], [[6, 6, 6, 6]]];
  await rejects(tableOf(samples), {
    name: "SeveralSamplesError",
    message: "Expected a trace of one sample but found more",
  });
  deepEqual(await tableOf(samples, { concatenate: true }), [64, 80, 96]);
});

Deno.test("a series is repeated to a length that it does not exceed", () => {
  deepEqual(tile([64, 80, 96], 7), [64, 80, 96, 64, 80, 96, 64]);
  throws(() => tile([64, 80, 96], 2), /1 to 2 entries .* found 3/);
  throws(() => tile([], 2), /1 to 2 entries .* found 0/);
});

Deno.test("a step that lacks a head, a missing step and an empty trace are refused", async () => {
  await rejects(tableOf([[[4, 4, 4, 4], [4, 4, 4]]]), {
    message: 'sample "sample 0" step 2: expected 4 selections but found 3',
  });
  await rejects(tableOf([[]]), { message: "Expected decode steps but found none" });
  throws(() => tile([], 4), /1 to 4 entries to repeat but found 0/);
});

Deno.test("a trace without a layer under the policy is told as that", async () => {
  const header = { ...HEADER, policy: { ...HEADER.policy, denseLayers: [0, 1, 2] } };
  await rejects(tableOf([[[4, 4, 4, 4]]], {}, header), {
    name: "BudgetTableError",
    message: "Expected a layer under the policy but found none: all 3 are dense",
  });
});

Deno.test("the period of a tiled series is found, and an untiled series is its own", () => {
  equal(tilingPeriod([]), 0);
  equal(tilingPeriod([4]), 1);
  equal(tilingPeriod([1024, 1024, 1024]), 1);
  equal(tilingPeriod([1, 2, 1]), 3);
  const pieces = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(pieces, fc.integer({ min: 2, max: 5 }), fc.nat(40), (piece, times, cut) => {
    const series = tile(piece, piece.length * times + (cut % piece.length));
    const period = tilingPeriod(series);
    const holds = (p: number) => series.every((value, i) => i < p || value === series[i - p]);
    equal(holds(period), true);
    for (let shorter = 1; shorter < period; shorter++) equal(holds(shorter), false);
  }));
});

sharedTest("the published tables repeat with the periods found by analysis", () => {
  const periods: Record<string, number> = JSON.parse(
    readFileSync(sharedPath("golden/kv_table_periods.json"), "utf8"),
  );
  for (const model of ["GPT", "Llama", "Mistral"]) {
    for (const policy of ["STARC", "SparQ", "Quest"]) {
      const text = readFileSync(
        sharedPath(`data/kv_budget/kv_budget_${model}_${policy}.txt`),
        "utf8",
      );
      const table = text.trim().split("\n").map(Number);
      const period = tilingPeriod(table);
      equal(period, periods[policy === "Quest" ? "Quest" : `${model}_${policy}`]);
      equal(formatBudgetTable(tile(table.slice(0, period), 32_000)), text);
    }
  }
});
