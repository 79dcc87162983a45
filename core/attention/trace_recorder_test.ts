import { deepEqual, equal, throws } from "node:assert/strict";
import type { Selection, Update } from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { TokenSlots } from "./token_slots.ts";
import type { TraceHeader } from "./trace_format.ts";
import { readTrace } from "./trace_reader.ts";
import { TraceRecorder } from "./trace_recorder.ts";
import { TraceWriter } from "./trace_writer.ts";

const HEADER: TraceHeader = {
  version: 1,
  model: { name: "m", digest: "", layers: 3, queryHeads: 4, kvHeads: 2, headDim: 64 },
  policy: { name: "p", version: "1", digest: "", budget: 64, parameters: {}, denseLayers: [0] },
  headUnit: "query-head",
  lists: ["tokens", "rows16"],
};

/** Token sets by head. */
function only(per: "query-head" | "kv-head", ...heads: number[][]) {
  const offsets = [0];
  for (const tokens of heads) offsets.push(offsets.at(-1)! + tokens.length);
  const value = {
    per,
    offsets: Uint32Array.from(offsets),
    tokens: Uint32Array.from(heads.flat()),
  };
  return { tag: "only", value } as const;
}

/** What a recording leaves in the trace. */
async function recorded(act: (recorder: TraceRecorder) => void, header = HEADER) {
  const pieces: Uint8Array[] = [];
  const writer = new TraceWriter(header, (bytes) => pieces.push(bytes));
  const recorder = new TraceRecorder(header, writer);
  recorder.beginSample("s");
  act(recorder);
  recorder.endSample();
  writer.end();
  const events = await Array.fromAsync((await readTrace(pieces, "a.trace")).events);
  const columns = (kind: "selections" | "accesses" | "clusterings") => {
    const event = events.find((one) => one.kind === kind);
    if (!event || !("columns" in event)) return {};
    return Object.fromEntries(Object.entries(event.columns).map(([name, of]) => [name, [...of]]));
  };
  const selections = events.find((event) => event.kind === "selections");
  return { rows: recorder.rows, columns, selections };
}

Deno.test("each query head's rows are counted, from its own or its KV head's tokens", async () => {
  const { columns, rows, selections } = await recorded((recorder) => {
    recorder.onUpdate(1, 99, {});
    recorder.onSelection(1, 100, only("kv-head", [0, 1, 40], [100]), undefined);
    recorder.onSelection(2, 100, only("query-head", [1], [2, 3], [4, 20, 36], []), undefined);
  });
  deepEqual(columns("selections").step, Array(8).fill(1));
  deepEqual(columns("selections").layer, [1, 1, 1, 1, 2, 2, 2, 2]);
  deepEqual(columns("selections").headGroup, [0, 1, 2, 3, 0, 1, 2, 3]);
  deepEqual(columns("selections").contextTokens, Array(8).fill(101));
  deepEqual(columns("selections").keptTokens, [3, 3, 1, 1, 1, 2, 3, 0]);
  deepEqual(columns("selections").placedRows16, [2, 2, 1, 1, 1, 1, 3, 0]);
  if (selections?.kind !== "selections") throw new Error("no selections");
  deepEqual([...selections.rows16!.values], [0, 2, 0, 2, 6, 6, 0, 0, 0, 1, 2]);
  deepEqual([rows.selections, rows.keptTokens, rows.placedRows16], [8, 14, 11]);
});

Deno.test("everything is every token, and dense layers are passed over", async () => {
  const { columns } = await recorded((recorder) => {
    for (const layer of [0, 1, 2]) {
      recorder.onSelection(layer, 40, { tag: "everything" }, undefined);
    }
  }, { ...HEADER, headUnit: "kv-head" });
  deepEqual(columns("selections").layer, [1, 1, 2, 2]);
  deepEqual(columns("selections").keptTokens, [41, 41, 41, 41]);
  deepEqual(columns("selections").placedRows16, [3, 3, 3, 3]);
});

Deno.test("rows follow the placement of the layer and KV head, until it changes again", async () => {
  const tokens = [0, 16, 32, 48];
  const { columns } = await recorded((recorder) => {
    // KV head 1 of layer 1 swaps tokens 1 to 3 with 16, 32 and 48.
    const own = Array.from({ length: 64 }, (_, i) => i);
    const moved = own.map((i) => i === 16 ? 1 : i === 32 ? 2 : i === 48 ? 3 : i < 4 ? 16 * i : i);
    const slots = Uint32Array.from([...own, ...moved]);
    recorder.onUpdate(1, 63, { placement: { per: "kv-head", firstToken: 0, slots } });
    recorder.onUpdate(2, 63, {
      placement: { per: "kv-head", firstToken: 0, slots: new Uint32Array(0) },
    });
    for (const layer of [1, 2]) {
      recorder.onSelection(layer, 64, only("kv-head", tokens, tokens), undefined);
    }
    const back = Uint32Array.of(48, 48);
    recorder.onUpdate(1, 65, { placement: { per: "kv-head", firstToken: 48, slots: back } });
    recorder.onSelection(1, 65, only("kv-head", tokens, tokens), undefined);
  });
  deepEqual(columns("selections").placedRows16, [4, 4, 1, 1, 4, 4, 4, 4, 4, 4, 2, 2]);
  deepEqual(columns("selections").sequentialRows16, Array(12).fill(4));
});

Deno.test("accesses and clusterings go to their step; the prompt's is 0", async () => {
  const access = { kind: "centroids", direction: "read", bytes: 4096, pieces: 1 } as const;
  const clustering = { windows: 2, tokens: 64, clusters: 4, iterations: 9 };
  const { columns } = await recorded((recorder) => {
    recorder.onUpdate(1, 63, { clusterings: [clustering] });
    recorder.onUpdate(2, 63, {});
    recorder.onUpdate(1, 64, { accesses: [{ ...access, direction: "write", kind: "keys" }] });
    recorder.onSelection(1, 64, { tag: "everything" }, { accesses: [access] });
    recorder.onUpdate(1, 65, { clusterings: [clustering, clustering] });
    recorder.onSelection(1, 65, { tag: "everything" }, { accesses: [access] });
  });
  deepEqual(columns("clusterings").step, [0, 2, 2]);
  deepEqual(columns("clusterings").iterations, [9, 9, 9]);
  deepEqual(columns("accesses").step, [1, 1, 2]);
  deepEqual(columns("accesses").kind, [0, 3, 3]);
  deepEqual(columns("accesses").direction, [1, 0, 0]);
});

Deno.test("a sample begins with an empty cache, with or without a trace", () => {
  const recorder = new TraceRecorder(HEADER);
  const slots = Uint32Array.of(16, 16);
  recorder.beginSample("first");
  recorder.onUpdate(1, 9, { placement: { per: "kv-head", firstToken: 1, slots } });
  recorder.onSelection(1, 10, only("kv-head", [0, 1], [0, 1]), undefined);
  equal(recorder.rows.placedRows16, 8);
  recorder.endSample();
  recorder.beginSample("second");
  equal(recorder.rows.selections, 0);
  recorder.onSelection(1, 10, only("kv-head", [0, 1], [0, 1]), undefined);
  equal(recorder.rows.placedRows16, 4);
});

Deno.test("sets of query heads do not fit a trace of KV heads", () => {
  const recorder = new TraceRecorder({ ...HEADER, headUnit: "kv-head" });
  recorder.beginSample("s");
  throws(() => recorder.onSelection(1, 9, only("query-head", [0], [0], [0], [0]), undefined), {
    name: "RangeError",
    message: "Expected sets for KV heads, as the trace has them, but found sets for query heads",
  });
});

Deno.test("slots of another unit or number are refused", () => {
  const slots = new TokenSlots("kv-head", 2);
  throws(() => slots.place({ per: "query-head", firstToken: 0, slots: Uint32Array.of(1, 2) }), {
    message: "Expected slots for 2 kv-heads but found 2 for query-heads",
  });
  throws(() => slots.place({ per: "kv-head", firstToken: 0, slots: Uint32Array.of(1) }), /found 1/);
});

Deno.test("what a plugin returns can be handed on as it is", () => {
  const nothing = {
    per: "kv-head",
    offsets: new Uint32Array(0),
    tokens: new Uint32Array(0),
  } as const;
  const access = { kind: "keys", direction: "read", bytes: 8, pieces: 1 } as const;
  const update: Update = {
    evicted: nothing,
    placement: { per: "kv-head", firstToken: 1, slots: Uint32Array.of(16, 16) },
    clusterings: [],
    accesses: [access],
  };
  const selection: Selection = {
    visible: only("kv-head", [0, 1], [0, 1]),
    bias: new Float32Array(0),
    meanValueWeights: new Float32Array(0),
    accesses: [access],
  };
  const recorder = new TraceRecorder(HEADER);
  recorder.beginSample("s");
  recorder.onUpdate(1, 9, update);
  recorder.onSelection(1, 10, selection.visible, selection);
  equal(recorder.rows.placedRows16, 8);
});

Deno.test("a sample begins when the one before has ended", () => {
  const recorder = new TraceRecorder(HEADER);
  recorder.beginSample("first");
  throws(() => recorder.beginSample("second"), {
    name: "RangeError",
    message: /^Expected first to end before second begins: /,
  });
  recorder.endSample();
  recorder.beginSample("second");
});
