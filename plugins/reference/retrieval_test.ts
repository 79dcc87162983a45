import { deepStrictEqual, ok } from "node:assert/strict";
import { shapeOf } from "../testing/scenario.ts";
import { ArkvaleReference } from "./arkvale.ts";
import { ClusterKvReference } from "./cluster_kv.ts";
import { DoubleSparsityReference } from "./double_sparsity.ts";
import { InfinigenReference } from "./infinigen.ts";
import { LokiReference } from "./loki.ts";
import { OracleTopKReference } from "./oracle_topk.ts";
import type { ReferencePolicy, Selection } from "./policy.ts";
import { PqcacheReference } from "./pqcache.ts";
import { RandomReference, SplitMix64 } from "./random.ts";

const NONE = new Uint8Array();
const NO_WEIGHTS = { tokens: [], weights: [] };

/** Keys of 8 channels of one KV head, of which the first few are given. */
function keys(rows: number[][]): number[][][] {
  return [rows.map((row) => Array.from({ length: 8 }, (_, i) => row[i] ?? 0))];
}

function query(...values: number[]): number[] {
  return Array.from({ length: 8 }, (_, i) => values[i] ?? 0);
}

function setsOf({ visible }: Selection): (readonly number[])[] {
  ok(visible !== "everything");
  return visible.sets.map((set) => [...set].sort((a, b) => a - b));
}

function run(policy: ReferencePolicy, prompt: number[][], ...queries: number[][]) {
  policy.prefill(keys(prompt));
  policy.endPrefill(NO_WEIGHTS);
  return setsOf(policy.select({ queries, speculated: queries }));
}

Deno.test("oracle-topk keeps the largest scores of each query head", () => {
  const policy = new OracleTopKReference(shapeOf({ queryHeads: 2, budget: 2 }));
  const prompt = [[1, 0], [3, 0], [2, 5], [0, 4]];
  deepStrictEqual(run(policy, prompt, query(1, 0), query(0, 1)), [[1, 2], [2, 3]]);
});

Deno.test("SplitMix64 gives the numbers of its authors' generator", () => {
  const random = new SplitMix64(1234567n);
  deepStrictEqual([random.next(), random.next(), random.next()], [
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
  ]);
});

Deno.test("random draws as many tokens as the budget allows, each once", () => {
  const policy = new RandomReference(shapeOf({ queryHeads: 1, budget: 5 }));
  const [set = []] = run(policy, Array.from({ length: 40 }, () => []), query());
  deepStrictEqual([set.length, new Set(set).size], [5, 5]);
});

Deno.test("loki scores along the channels whose keys vary most", () => {
  const policy = new LokiReference(shapeOf({ queryHeads: 1, budget: 1 }), 1, NONE);
  // Channel 1 is large but the same in all keys; channel 0 varies.
  const prompt = [[1, 9], [2, 9], [-3, 9]];
  deepStrictEqual(run(policy, prompt, query(-1, 5)), [[2]]);
});

Deno.test("infinigen fetches what scores within alpha of the best, on average over heads", () => {
  const settings = { partialRatio: 1, alpha: 5 };
  const scale = Math.sqrt(8);
  const prompt = [[10 * scale], [6 * scale], [4 * scale], [0]];
  const policy = new InfinigenReference(shapeOf({ queryHeads: 1, budget: 4 }), settings, NONE);
  deepStrictEqual(run(policy, prompt, query(1)), [[0, 1, 3]]);
  const two = new InfinigenReference(shapeOf({ queryHeads: 2, budget: 4 }), settings, NONE);
  // The second head would fetch all three; (2 + 3) / 2 rounded down are two of each.
  deepStrictEqual(run(two, prompt, query(1), query(0.1)), [[0, 1, 3], [0, 1, 3]]);
});

Deno.test("double-sparsity scores the channels with the largest keys, in few bits", () => {
  const settings = { groupFactor: 8, labelBits: 0 };
  const policy = new DoubleSparsityReference(shapeOf({ queryHeads: 1, budget: 1 }), settings, NONE);
  deepStrictEqual(run(policy, [[1, 5], [2, 6], [3, 4]], query(9, 1)), [[1]]);
});

Deno.test("double-sparsity rounds labels to the levels between their extremes", () => {
  // One bit: what is nearer to the smallest element becomes it, the rest becomes the largest.
  const settings = { groupFactor: 2, labelBits: 1 };
  const policy = new DoubleSparsityReference(shapeOf({ queryHeads: 1, budget: 1 }), settings, NONE);
  const prompt = [[0, 10, 4, 4], [0, 10, 6, 3]];
  deepStrictEqual(run(policy, prompt, query(0, 0, 1, 1)), [[1]]);
  const exact = new DoubleSparsityReference(
    shapeOf({ queryHeads: 1, budget: 1 }),
    { groupFactor: 2, labelBits: 0 },
    NONE,
  );
  deepStrictEqual(run(exact, prompt, query(0, 0, 0.1, 1)), [[0]]);
});

Deno.test("cluster-kv keeps sinks, whole clusters and the newest tokens", () => {
  const settings = {
    sinkTokens: 1,
    clusters: 2,
    iterations: 20,
    windowTokens: 0,
    windowClusters: 1,
  };
  const policy = new ClusterKvReference(shapeOf({ queryHeads: 1, budget: 4 }), settings);
  policy.prefill(keys([[9, 9], [1, 0], [0, 1], [2, 0.1], [0.1, 3], [3, 0], [0, 2]]));
  policy.endPrefill();
  policy.append(keys([[7, 7]]));
  const selection = policy.select({ queries: [query(0, 1)], speculated: [] });
  deepStrictEqual(setsOf(selection), [[0, 2, 4, 6, 7]]);
});

Deno.test("arkvale recalls the pages that score high and drops the worst", () => {
  const settings = { pageTokens: 1, sinkPages: 1, windowPages: 1, recallFraction: 0.5 };
  const policy = new ArkvaleReference(shapeOf({ queryHeads: 1, budget: 4 }), settings);
  policy.prefill(keys([[0], [5, 0], [4, 1], [3, 2], [2, 3], [0]]));
  const select = (...values: number[]) =>
    setsOf(policy.select({ queries: [query(...values)], speculated: [] }))[0];
  deepStrictEqual(select(1), [0, 1, 2, 5]);
  // Page 4 is recalled; of the two near by, page 1 scores less.
  deepStrictEqual(select(0, 1), [0, 2, 4, 5]);
});

Deno.test("pqcache ranks tokens by the centroids of their parts", () => {
  const settings = { sinkTokens: 1, parts: 2, bits: 2, recentFraction: 0, iterations: 10 };
  const policy = new PqcacheReference(shapeOf({ queryHeads: 1, budget: 3 }), settings);
  // As many centroids as keys: the codes are exact.
  const prompt = [[0], [1, 0, 0, 0, 1], [2, 0, 0, 0, 2], [3, 0, 0, 0, -9], [0, 0, 0, 0, 0]];
  deepStrictEqual(run(policy, prompt, query(1, 0, 0, 0, 1)), [[0, 2, 4]]);
});
