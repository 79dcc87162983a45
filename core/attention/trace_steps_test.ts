import { deepEqual, equal } from "node:assert/strict";
import type { TraceHeader } from "./trace_format.ts";
import { readTrace } from "./trace_reader.ts";
import { type TraceStep, traceSteps } from "./trace_steps.ts";
import { TraceWriter } from "./trace_writer.ts";

const HEADER: TraceHeader = {
  version: 1,
  model: { name: "m", digest: "", layers: 2, queryHeads: 7, kvHeads: 7, headDim: 64 },
  policy: { name: "p", version: "1", digest: "", budget: 64, parameters: {}, denseLayers: [0] },
  headUnit: "query-head",
  lists: ["rows16"],
};

/** Writes what steps hold, and reads it back. */
async function readBack(steps: readonly TraceStep[]): Promise<TraceStep[]> {
  const pieces: Uint8Array[] = [];
  const writer = new TraceWriter(HEADER, (bytes) => pieces.push(bytes));
  for (const [i, { sample, name, selections, accesses, clusterings }] of steps.entries()) {
    if (steps[i - 1]?.sample !== sample) writer.beginSample(name);
    for (const row of clusterings) writer.clustering(row);
    for (const row of accesses) writer.access(row);
    for (const { rows16, ...row } of selections) writer.selection(row, { rows16: rows16! });
    if (steps[i + 1]?.sample !== sample) writer.endSample();
  }
  writer.end();
  return await Array.fromAsync(traceSteps(await readTrace(pieces, "a.trace")));
}

/** A step of seven heads. */
function step(sample: number, number: number): TraceStep {
  const selection = (headGroup: number) => ({
    step: number,
    layer: 1,
    headGroup,
    contextTokens: 100,
    keptTokens: 2,
    sequentialRows16: 2,
    placedRows16: 2,
    sequentialDramRows: 1,
    placedDramRows: 1,
    rows16: Uint32Array.of(headGroup, 100 + (number % 50)),
  });
  const access = { step: number, layer: 1, kind: 3, direction: 0, bytes: number, pieces: 1 };
  const work = { step: number, layer: 1, windows: 1, tokens: 64, clusters: 4, iterations: 9 };
  return {
    sample,
    name: `sample ${sample}`,
    step: number,
    selections: number === 0 ? [] : Array.from({ length: 7 }, (_, i) => selection(i)),
    accesses: number % 3 === 0 ? [access, access] : [],
    clusterings: number % 64 === 0 ? [work] : [],
  };
}

Deno.test("steps come whole and in order, however the file is cut into frames", async () => {
  // 2,500 steps of 7 selections need three frames, none of which ends with a step's last row.
  const steps = [0, 1].flatMap((sample) =>
    Array.from({ length: 2500 }, (_, number) => step(sample, number))
  );
  deepEqual(await readBack(steps), steps);
});

Deno.test("a trace without steps has none", async () => {
  equal((await readBack([])).length, 0);
});
