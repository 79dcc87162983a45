import { ok } from "node:assert/strict";
import { DenseAttention } from "./dense_attention.ts";
import { LayerCache } from "./layer_cache.ts";
import { SegmentSession } from "./onnx/segment_session.ts";
import { denseAttention } from "./onnx/segments.ts";
import { SeededRandom } from "./random.ts";
import { attentionReference } from "./testing/attention_reference.ts";
import { relativeError } from "./testing/random_checkpoint.ts";

const LENGTH = 11;
const TOKENS = 4;
const EVERYTHING = 2 ** 23;

async function check(kvHeads: number, group: number, first: number) {
  const [queryHeads, headDim] = [kvHeads * group, 12];
  const shape = { queryHeads, kvHeads, headDim, capacity: 16 };
  const random = new SeededRandom(kvHeads + group);
  const numbers = (count: number) =>
    Float32Array.from({ length: count }, () => 2 * random.uniform() - 1);
  const [keys, values] = [
    numbers(LENGTH * kvHeads * headDim),
    numbers(LENGTH * kvHeads * headDim),
  ];
  const cache = await LayerCache.create(shape);
  cache.append(keys, values);
  const queries = numbers(TOKENS * queryHeads * headDim);
  const width = queryHeads * headDim;
  const mask = new Uint8Array(TOKENS * (LENGTH - first));
  const expected = Array.from({ length: TOKENS }, (_, row) => {
    const seen = LENGTH - TOKENS + row + 1 - first;
    mask.fill(1, row * (LENGTH - first), row * (LENGTH - first) + seen);
    const tokens = Array.from({ length: seen }, (_, i) => first + i);
    const heads = Array.from({ length: queryHeads }, () => ({ tokens }));
    const own = queries.subarray(row * width, (row + 1) * width);
    return [...attentionReference(shape, own, keys, values, heads).output];
  }).flat();
  const session = await SegmentSession.load(denseAttention(shape), { provider: "cpu", threads: 1 });
  for (const threads of [1, group + 1, 64]) {
    for (const copiedAtMost of [0, 2 * 2 * 4 * LENGTH * headDim, EVERYTHING]) {
      const attention = new DenseAttention(session, shape, threads, copiedAtMost);
      const found = await attention.attend(queries, cache, { first, mask });
      const error = relativeError(found, expected);
      ok(error < 2e-6, `${kvHeads} x ${group}, ${threads} threads, ${copiedAtMost}: ${error}`);
    }
  }
  await session.release();
}

Deno.test("however many heads go together, attention is that of the definition", async () => {
  for (const kvHeads of [1, 3, 4]) {
    for (const group of [1, 2]) {
      for (const first of [0, 5]) await check(kvHeads, group, first);
    }
  }
});
