import { equal } from "node:assert/strict";
import { round } from "./round.ts";

Deno.test("rounding goes by the exact value, and ties to even, like Python's", () => {
  const cases: [number, number, number][] = [
    [0.125, 2, 0.12],
    [0.375, 2, 0.38],
    [2.675, 2, 2.67],
    [1.005, 2, 1],
    [33.335, 2, 33.34],
    [66.625, 2, 66.62],
    [200 / 3, 2, 66.67],
    [0.5, 0, 0],
    [2.5, 0, 2],
    [3.5, 0, 4],
    [-2.5, 0, -2],
  ];
  for (const [value, decimals, expected] of cases) equal(round(value, decimals), expected);
});
