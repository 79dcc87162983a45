import { deepEqual, equal } from "node:assert/strict";
import { declaredReads } from "./declared_reads.ts";
import { ACCESS_DIRECTIONS, ACCESS_KINDS, type TraceHeader } from "./trace_format.ts";
import { readTrace } from "./trace_reader.ts";
import { TraceWriter } from "./trace_writer.ts";

const HEADER: TraceHeader = {
  version: 1,
  model: { name: "m", digest: "", layers: 2, queryHeads: 4, kvHeads: 2, headDim: 64 },
  policy: { name: "p", version: "1", digest: "", budget: 64, parameters: {}, denseLayers: [0] },
  headUnit: "query-head",
  lists: [],
};

/** Bytes of a key of both KV heads. */
const KEY = 2 * 64 * 2;

type Access = readonly [
  kind: typeof ACCESS_KINDS[number],
  direction: typeof ACCESS_DIRECTIONS[number],
  bytes: number,
];

/** A trace of two decode steps with 160 and 161 tokens in the cache, each with the same accesses. */
async function readsOf(...accesses: Access[]) {
  const pieces: Uint8Array[] = [];
  const writer = new TraceWriter(HEADER, (bytes) => pieces.push(bytes));
  writer.beginSample("a");
  for (const step of [0, 1, 2]) {
    for (const [kind, direction, bytes] of accesses) {
      writer.access({
        step,
        layer: 1,
        kind: ACCESS_KINDS.indexOf(kind),
        direction: ACCESS_DIRECTIONS.indexOf(direction),
        bytes,
        pieces: 1,
      });
    }
    for (let headGroup = 0; step > 0 && headGroup < 4; headGroup++) {
      const rows = { sequentialRows16: 4, placedRows16: 4 };
      const dramRows = { sequentialDramRows: 1, placedDramRows: 1 };
      const row = { step, layer: 1, headGroup, contextTokens: 159 + step, keptTokens: 64 };
      writer.selection({ ...row, ...rows, ...dramRows }, {});
    }
  }
  writer.endSample();
  writer.end();
  return await declaredReads(await readTrace(pieces, "a.trace"));
}

Deno.test("vectors that are read are kept: as keys for 16 tokens, without the prompt's and writes", async () => {
  // 10 and 11 blocks of 16 tokens.
  deepEqual(await readsOf(["page-digests", "read", 21 * KEY], ["page-digests", "write", KEY]), {
    readKeys: 2,
    storedKeys: 2,
    elementMajor: false,
  });
});

Deno.test("elements of all keys are read from a second copy of the keys", async () => {
  deepEqual(await readsOf(["key-channels", "read", 42 * KEY]), {
    readKeys: 4,
    storedKeys: 16,
    elementMajor: true,
  });
});

Deno.test("keys themselves are kept anyway, and other metadata beside elements is no longer element-major", async () => {
  const { storedKeys } = await readsOf(["keys", "read", 168 * KEY], ["codes", "read", 21 * KEY]);
  equal(storedKeys, 2);
  const mixed = await readsOf(["key-channels", "read", 21 * KEY], ["codes", "read", 21 * KEY]);
  deepEqual(mixed, { readKeys: 4, storedKeys: 4, elementMajor: false });
});

Deno.test("a policy that declares nothing reads nothing", async () => {
  deepEqual(await readsOf(), { readKeys: 0, storedKeys: 0, elementMajor: false });
});
