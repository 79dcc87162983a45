import { deepStrictEqual, ok } from "node:assert/strict";
import { shapeOf } from "../testing/scenario.ts";
import { SparqReference } from "./sparq.ts";

const keys = [[9, 0, 0, 5], [1, 0, 0, 9], [2, 0, 9, 0], [3, 9, 0, 0], [0, 0, 0, 0]];

function select(group: number, queries: number[][], meanValue: "always" | "never" = "never") {
  const reference = new SparqReference(
    shapeOf({ queryHeads: group, headDim: 4, budget: 2 }),
    { rank: 1, localFraction: 0, meanValue },
  );
  reference.prefill([keys]);
  const { visible, meanValueWeights } = reference.select({ queries, speculated: [] });
  return { kept: visible === "everything" ? [] : visible.sets[0], meanValueWeights };
}

Deno.test("sparq scores the query's largest channel only, and keeps the current token", () => {
  deepStrictEqual(select(1, [[2, 1, 1, 1]]).kept, [0, 4]);
  deepStrictEqual(select(1, [[1, 1, 1, -2]]).kept, [2, 4]);
});

Deno.test("sparq chooses channels and tokens for a group together", () => {
  deepStrictEqual(select(2, [[1, 0, 2, 1], [0, 0, 0, 3]]).kept, [1, 4]);
  deepStrictEqual(select(2, [[0, 0, 3, 0], [0, 0, 3, 0]]).kept, [2, 4]);
});

Deno.test("sparq leaves to the mean value what the kept tokens lack of the attention", () => {
  const [weight = NaN] = select(1, [[1, 0, 0, 0]], "always").meanValueWeights;
  const scores = keys.map(([first = 0]) => Math.exp(first / 2));
  const kept = (scores[0] ?? 0) + (scores[4] ?? 0);
  ok(Math.abs(weight - (1 - kept / scores.reduce((a, b) => a + b))) < 1e-6);
});
