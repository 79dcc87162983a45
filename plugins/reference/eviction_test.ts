import { deepStrictEqual } from "node:assert/strict";
import { shapeOf } from "../testing/scenario.ts";
import { CompactCache } from "./compact_cache.ts";
import { H2oReference } from "./h2o.ts";
import type { KeyBlock, Weights } from "./policy.ts";
import { SnapkvReference } from "./snapkv.ts";
import { StreamingLlmReference } from "./streaming_llm.ts";
import { TovaReference } from "./tova.ts";
import { range } from "./ranking.ts";

function keys(count: number): KeyBlock {
  return [range(0, count).map(() => new Float32Array(8))];
}

/** Weights of the tokens present, by query head. */
function weightsOf(tokens: number[], ...weights: number[][]): Weights {
  return { tokens: weights.map(() => tokens), weights };
}

Deno.test("CompactCache gives a new token the lowest free slot", () => {
  const cache = new CompactCache(1);
  range(0, 4).forEach(() => cache.enter());
  deepStrictEqual(cache.retain([[0, 2]]), { per: "kv-head", sets: [[1, 3]] });
  deepStrictEqual(cache.enter(), { per: "kv-head", firstToken: 4, slots: [[1]] });
  deepStrictEqual(cache.enter(), { per: "kv-head", firstToken: 5, slots: [[3]] });
});

Deno.test("CompactCache closes up over evicted tokens", () => {
  const cache = new CompactCache(1);
  range(0, 4).forEach(() => cache.enter());
  const { placement } = cache.retainAndCompact([[1, 3]]);
  deepStrictEqual(placement, { per: "kv-head", firstToken: 0, slots: [[0, 0, 0, 1]] });
});

Deno.test("streaming-llm keeps the sinks and the newest tokens", () => {
  const policy = new StreamingLlmReference(shapeOf({ budget: 6 }), 2);
  policy.prefill(keys(8));
  deepStrictEqual(policy.endPrefill().evicted?.sets, [[2, 3]]);
});

Deno.test("streaming-llm puts a new token in the place of the one that goes", () => {
  const policy = new StreamingLlmReference(shapeOf({ budget: 6 }), 2);
  policy.prefill(keys(8));
  policy.endPrefill();
  const { evicted, placement } = policy.append(keys(1));
  deepStrictEqual(evicted?.sets, [[4]]);
  deepStrictEqual(placement, { per: "kv-head", firstToken: 8, slots: [[2]] });
});

Deno.test("h2o keeps heavy hitters and the newest tokens, one fewer than the budget", () => {
  const policy = new H2oReference(shapeOf({ budget: 4, queryHeads: 1 }), 0.5);
  policy.prefill(keys(6));
  const { evicted } = policy.endPrefill(weightsOf(range(0, 6), [0, 5, 1, 4, 2, 3]));
  // Two heavy hitters of tokens 0 to 4, and token 5.
  deepStrictEqual(evicted?.sets, [[0, 2, 4]]);
});

Deno.test("h2o adds up the weights of a group and of all steps", () => {
  const policy = new H2oReference(shapeOf({ budget: 4, queryHeads: 2 }), 0.5);
  policy.prefill(keys(3));
  policy.endPrefill(weightsOf([0, 1, 2], [3, 0, 0], [0, 2, 0]));
  policy.append(keys(1));
  const { evicted } = policy.observe(weightsOf([0, 1, 2, 3], [0, 0, 2, 0], [0, 0, 0.5, 0]));
  deepStrictEqual(evicted?.sets, [[1]]);
});

Deno.test("tova keeps what the last query attended to, on average over heads", () => {
  const policy = new TovaReference(shapeOf({ budget: 3, queryHeads: 2 }));
  policy.prefill(keys(4));
  const { evicted } = policy.endPrefill(weightsOf([0, 1, 2, 3], [1, 0, 0, 0], [0, 0.5, 0.75, 0]));
  deepStrictEqual(evicted?.sets, [[1, 3]]);
});

Deno.test("snapkv leaves a prompt within the budget alone", () => {
  const settings = { windowTokens: 2, kernel: 1, pooling: "average" } as const;
  const policy = new SnapkvReference(shapeOf({ budget: 6, queryHeads: 1 }), settings);
  policy.prefill(keys(6));
  deepStrictEqual(policy.endPrefill(weightsOf(range(0, 6), [1, 0, 0, 0, 0, 0])).evicted, null);
});

Deno.test("snapkv stores the window behind the best tokens, in the order of their scores", () => {
  const settings = { windowTokens: 2, kernel: 1, pooling: "average" } as const;
  const policy = new SnapkvReference(shapeOf({ budget: 4, queryHeads: 1 }), settings);
  policy.prefill(keys(6));
  const { evicted, placement } = policy.endPrefill(weightsOf(range(0, 6), [2, 0, 1, 3, 9, 9]));
  deepStrictEqual(evicted?.sets, [[1, 2]]);
  deepStrictEqual(placement?.slots, [[1, 0, 0, 0, 2, 3]]);
  deepStrictEqual(policy.append(keys(1)).placement?.slots, [[4]]);
});

Deno.test("snapkv pools weights over neighbours", () => {
  const weights = weightsOf(range(0, 8), [4, 4, 0, 5, 0, 0, 0, 0]);
  const evicted = (pooling: "average" | "maximum") => {
    const settings = { windowTokens: 2, kernel: 3, pooling };
    const policy = new SnapkvReference(shapeOf({ budget: 5, queryHeads: 1 }), settings);
    policy.prefill(keys(8));
    return policy.endPrefill(weights).evicted?.sets[0];
  };
  deepStrictEqual(evicted("average"), [3, 4, 5]);
  deepStrictEqual(evicted("maximum"), [0, 1, 5]);
});
