import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { dot, exponential, f32, mean, roundHalfEven, unit } from "./float32.ts";

Deno.test("dot() adds in eight interleaved sums", () => {
  const big = 2 ** 24;
  // One running sum would lose the ones: 2^24 + 1 is no float32.
  strictEqual(dot([big, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1]), big);
  strictEqual(dot([1, 0, 0, 0, 1, 0, 0, big], [1, 1, 1, 1, 1, 1, 1, 1]), big + 2);
  strictEqual(dot([1, 2, 3, 4], [5, 6, 7, 8]), 70);
});

Deno.test("exponential() is within two units in the last place of e to the power of x", () => {
  for (let x = -86.5; x < 80; x += 0.37) {
    const exact = Math.exp(f32(x));
    ok(Math.abs(exponential(f32(x)) / exact - 1) < 2 ** -22, `Expected ${exact} at ${x}`);
  }
});

Deno.test("exponential() is 0 far below and for NaN", () => {
  deepStrictEqual([-88, -Infinity, NaN].map(exponential), [0, 0, 0]);
  strictEqual(exponential(0), 1);
});

Deno.test("unit() scales to length one, and leaves zeros alone", () => {
  deepStrictEqual(unit([3, 4, 0, 0]), [f32(0.6), f32(0.8), 0, 0]);
  deepStrictEqual(unit([0, 0, 0, 0]), [0, 0, 0, 0]);
});

Deno.test("mean() of nothing is zero", () => {
  deepStrictEqual(mean([], 2), [0, 0]);
  deepStrictEqual(mean([[1, 2], [3, 6]], 2), [2, 4]);
});

Deno.test("roundHalfEven() goes to the even neighbour", () => {
  deepStrictEqual([0.5, 1.5, 2.5, -0.5, -1.5, 0.4].map(roundHalfEven), [0, 2, 2, 0, -2, 0]);
});
