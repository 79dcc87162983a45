import { deepEqual, ok } from "node:assert/strict";
import { SeededRandom } from "./random.ts";

Deno.test("numbers are even and independent enough to sample by", () => {
  const random = new SeededRandom(5);
  const bins = new Array<number>(16).fill(0);
  const pairs = new Array<number>(16).fill(0);
  let last = 0;
  for (let i = 0; i < 64_000; i++) {
    const uniform = random.uniform();
    ok(uniform >= 0 && uniform < 1);
    bins[Math.floor(16 * uniform)]!++;
    pairs[4 * Math.floor(4 * last) + Math.floor(4 * uniform)]!++;
    last = uniform;
  }
  // Chi-squared of 15 degrees: 37.7 is passed by chance once in a thousand seeds.
  for (const counts of [bins, pairs]) {
    ok(counts.reduce((sum, n) => sum + (n - 4000) ** 2 / 4000, 0) < 37.7);
  }
});

Deno.test("a seed is its lower 32 bits", () => {
  const words = (seed: number) => {
    const random = new SeededRandom(seed);
    return [random.word(), random.word(), random.word()];
  };
  deepEqual(words(3), words(2 ** 32 + 3));
  ok(words(3).join() !== words(4).join());
});
