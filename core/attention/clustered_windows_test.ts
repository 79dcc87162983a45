import { deepEqual } from "node:assert/strict";
import { clusteredWindows } from "./clustered_windows.ts";
import { readTrace } from "./trace_reader.ts";
import { TraceWriter } from "./trace_writer.ts";

Deno.test("each size of window that a trace clusters is told once, that of the prompt included", async () => {
  const pieces: Uint8Array[] = [];
  const writer = new TraceWriter({
    version: 1,
    model: { name: "m", digest: "", layers: 2, queryHeads: 1, kvHeads: 1, headDim: 64 },
    policy: { name: "p", version: "1", digest: "", budget: 2, parameters: {}, denseLayers: [] },
    headUnit: "query-head",
    lists: [],
  }, (bytes) => pieces.push(bytes));
  writer.beginSample("a");
  const common = { windows: 1, iterations: 3 };
  for (const layer of [0, 1]) {
    writer.clustering({ step: 0, layer, tokens: 64, clusters: 4, ...common });
    writer.clustering({ step: 0, layer, tokens: 64, clusters: 4, ...common });
  }
  writer.clustering({ step: 1, layer: 0, tokens: 10, clusters: 1, ...common });
  writer.endSample();
  writer.end();
  deepEqual(await clusteredWindows(await readTrace(pieces, "a.trace")), [
    { tokens: 64, clusters: 4 },
    { tokens: 10, clusters: 1 },
  ]);
});
