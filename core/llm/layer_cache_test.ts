import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import fc from "fast-check";
import { type CacheShape, LayerCache } from "./layer_cache.ts";
import { SeededRandom } from "./random.ts";
import { attentionReference } from "./testing/attention_reference.ts";
import { relativeError } from "./testing/random_checkpoint.ts";
import { allTokens, tokenSetsOf } from "./token_sets.ts";

const NO_BIAS = new Float32Array(0);

function numbers(random: SeededRandom, count: number, size = 1): Float32Array {
  return Float32Array.from({ length: count }, () => size * (2 * random.uniform() - 1));
}

/** A filled cache and a query. */
async function filled(shape: CacheShape, tokens: number, seed: number) {
  const random = new SeededRandom(seed);
  const cache = await LayerCache.create(shape);
  const width = shape.kvHeads * shape.headDim;
  const keys = numbers(random, tokens * width, 2);
  const values = numbers(random, tokens * width);
  // In pieces, as prompts come.
  const cut = width * Math.floor(tokens / 3);
  if (cut > 0) cache.append(keys.subarray(0, cut), values.subarray(0, cut));
  cache.append(keys.subarray(cut), values.subarray(cut));
  return {
    random,
    cache,
    keys,
    values,
    queries: numbers(random, shape.queryHeads * shape.headDim, 2),
  };
}

const shapes = fc.record({
  kvHeads: fc.integer({ min: 1, max: 3 }),
  group: fc.constantFrom(1, 2, 4, 8),
  headDim: fc.constantFrom(4, 12, 20, 32, 64, 80, 128),
  tokens: fc.integer({ min: 1, max: 70 }),
  seed: fc.nat(1000),
});

Deno.test("attention over everything is that of the definition", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, async ({ kvHeads, group, headDim, tokens, seed }) => {
      const shape = { queryHeads: kvHeads * group, kvHeads, headDim, capacity: 70 };
      const { cache, keys, values, queries } = await filled(shape, tokens, seed);
      const all = Array.from({ length: tokens }, (_, token) => token);
      const heads = Array.from({ length: shape.queryHeads }, () => ({ tokens: all }));
      const { output, weights } = attentionReference(shape, queries, keys, values, heads);
      ok(relativeError(cache.attendAll(queries), output) < 2e-6);
      const observed = cache.observation();
      ok(relativeError(observed.weights, weights.flat()) < 2e-6);
      deepEqual([...observed.tokens], heads.flatMap(({ tokens }) => tokens));
    }),
    { numRuns: 60 },
  );
});

Deno.test("attention may begin at any token", async () => {
  const shape = { queryHeads: 4, kvHeads: 2, headDim: 12, capacity: 16 };
  const { cache, keys, values, queries } = await filled(shape, 13, 3);
  for (let first = 0; first < 13; first++) {
    const tokens = Array.from({ length: 13 - first }, (_, i) => first + i);
    const heads = Array.from({ length: 4 }, () => ({ tokens }));
    const { output } = attentionReference(shape, queries, keys, values, heads);
    ok(relativeError(cache.attendAll(queries, first), output) < 2e-6);
  }
});

Deno.test("attention over lists, with a bias or without, is that of the definition", async () => {
  await fc.assert(
    fc.asyncProperty(
      shapes,
      fc.boolean(),
      fc.boolean(),
      async ({ kvHeads, group, headDim, tokens, seed }, perKvHead, biased) => {
        const shape = { queryHeads: kvHeads * group, kvHeads, headDim, capacity: 70 };
        const { cache, random, keys, values, queries } = await filled(shape, tokens, seed);
        const lists = Array.from({ length: perKvHead ? kvHeads : shape.queryHeads }, () => {
          const order = Array.from({ length: tokens }, (_, token) => [random.uniform(), token]);
          const count = 1 + Math.floor(random.uniform() * tokens);
          return order.sort(([a], [b]) => a! - b!).slice(0, count).map(([, token]) => token!);
        });
        const biases = lists.map((list) => [...numbers(random, list.length, 3)]);
        const heads = Array.from({ length: shape.queryHeads }, (_, head) => {
          const set = perKvHead ? Math.floor(head / group) : head;
          return { tokens: lists[set]!, bias: biased ? biases[set]! : [] };
        });
        const { output, weights } = attentionReference(shape, queries, keys, values, heads);
        const sets = tokenSetsOf(lists.map((list) => Uint32Array.from(list)));
        const selected = { ...sets, per: perKvHead ? "kv-head" : "query-head" } as const;
        const bias = biased ? Float32Array.from(biases.flat()) : NO_BIAS;
        ok(relativeError(cache.attendListed(queries, selected, bias), output) < 2e-6);
        const observed = cache.observation(selected);
        ok(relativeError(observed.weights, weights.flat()) < 2e-6);
        deepEqual([...observed.tokens], heads.flatMap(({ tokens }) => tokens));
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("to list every token is attention over everything, to the bit", async () => {
  for (const [kvHeads, group] of [[2, 1], [2, 4], [1, 8]] as const) {
    const shape = { queryHeads: kvHeads * group, kvHeads, headDim: 20, capacity: 40 };
    const { cache, queries } = await filled(shape, 37, 5);
    const expected = cache.attendAll(queries).slice();
    const { weights } = cache.observation();
    for (const [per, heads] of [["query-head", shape.queryHeads], ["kv-head", kvHeads]] as const) {
      const all = Array.from({ length: heads }, () => allTokens(37));
      const sets = { ...tokenSetsOf(all), per };
      deepEqual(cache.attendListed(queries, sets, NO_BIAS), expected);
      deepEqual(cache.observation(sets).weights, weights);
    }
  }
});

Deno.test("weights of a prompt's queries add up", async () => {
  const shape = { queryHeads: 4, kvHeads: 2, headDim: 8, capacity: 16 };
  const { cache, random, keys, values } = await filled(shape, 10, 1);
  const expected = Array.from({ length: 4 }, () => new Array<number>(10).fill(0));
  for (const [first, length] of [[0, 9], [0, 10], [3, 10]] as const) {
    const queries = numbers(random, 32, 2);
    cache.addWeights(queries, first, length);
    const tokens = Array.from({ length: length - first }, (_, i) => first + i);
    const heads = Array.from({ length: 4 }, () => ({ tokens }));
    attentionReference(shape, queries, keys, values, heads).weights
      .forEach((shares, head) =>
        shares.forEach((share, i) => expected[head]![first + i]! += share)
      );
  }
  const { offsets, tokens, weights } = cache.summedWeights();
  deepEqual([...offsets], [0, 10, 20, 30, 40]);
  deepEqual([...tokens.subarray(10, 20)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  ok(relativeError(weights, expected.flat()) < 2e-6);
});

Deno.test("logits far apart do not spoil the weights", async () => {
  const cache = await LayerCache.create({ queryHeads: 1, kvHeads: 1, headDim: 4, capacity: 8 });
  const keys = Float32Array.of(...[500, 0, 0, 0], ...[-500, 0, 0, 0], ...[0, 0, 0, 0]);
  cache.append(keys, Float32Array.from({ length: 12 }, (_, i) => i));
  const query = Float32Array.of(10, 0, 0, 0);
  deepEqual([...cache.attendAll(query)], [0, 1, 2, 3]);
  // A token with a bias of minus infinity is as good as left out.
  const sets = tokenSetsOf([Uint32Array.of(0, 2)]);
  deepEqual([...cache.attendListed(query, sets, Float32Array.of(-Infinity, 0))], [8, 9, 10, 11]);
});

Deno.test("a cache ends where it said it would", async () => {
  const shape = { queryHeads: 1, kvHeads: 1, headDim: 4, capacity: 2 };
  const cache = await LayerCache.create(shape);
  throws(() => cache.append(new Float32Array(12), new Float32Array(12)), /at most 2 tokens .* 3/);
  equal(cache.length, 0);
  const huge = { queryHeads: 32, kvHeads: 32, headDim: 128, capacity: 2 ** 20 };
  await rejects(LayerCache.create(huge), /within 4 GiB a layer but found 1048576 tokens/);
});
