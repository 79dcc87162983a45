import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { SeededRandom } from "./random.ts";
import { greedy, sampler, type SamplingOptions } from "./sampling.ts";

/** Logits of shares 1/2, 1/4, 1/8, 1/8, in another order. */
const LOGITS = Float32Array.of(Math.log(1 / 8), Math.log(1 / 2), Math.log(1 / 8), Math.log(1 / 4));

function shares(options: SamplingOptions, draws = 20_000): number[] {
  const sample = sampler(new SeededRandom(11), options);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < draws; i++) counts[sample(LOGITS)]!++;
  return counts.map((count) => count / draws);
}

function near(found: readonly number[], expected: readonly number[]) {
  found.forEach((share, i) => ok(Math.abs(share - expected[i]!) < 0.015, `${found}`));
}

Deno.test("greedy takes the likeliest token, the first of several", () => {
  equal(greedy(LOGITS), 1);
  equal(greedy(Float32Array.of(3, 5, 5)), 1);
});

Deno.test("tokens are drawn by their shares", () => {
  near(shares({}), [1 / 8, 1 / 2, 1 / 8, 1 / 4]);
  // Squared shares: 1/4, 1/16, 1/64, 1/64 of 22/64.
  near(shares({ temperature: 0.5 }), [1 / 22, 16 / 22, 1 / 22, 4 / 22]);
});

Deno.test("only the likeliest are drawn from where that is asked for", () => {
  near(shares({ topK: 2 }), [0, 2 / 3, 0, 1 / 3]);
  near(shares({ topP: 0.5 }), [0, 1, 0, 0]);
  near(shares({ topP: 0.6 }), [0, 2 / 3, 0, 1 / 3]);
  // Of equals the lower token is likelier.
  near(shares({ topK: 3 }), [1 / 7, 4 / 7, 0, 2 / 7]);
});

Deno.test("the same seed draws the same tokens, another seed others", () => {
  const draws = (seed: number) => {
    const sample = sampler(new SeededRandom(seed));
    return Array.from({ length: 40 }, () => sample(LOGITS));
  };
  deepEqual(draws(1), draws(1));
  ok(draws(1).join() !== draws(2).join());
});

Deno.test("what is barred or no number is never chosen", () => {
  const barred = new Set([1]);
  equal(greedy(LOGITS, barred), 3);
  const sample = sampler(new SeededRandom(3), { topK: 2 });
  const drawn = new Set(Array.from({ length: 99 }, () => sample(LOGITS, barred)));
  deepEqual([...drawn].sort(), [0, 3]);
  for (const choose of [greedy, sampler(new SeededRandom(1))]) {
    equal(choose(Float32Array.of(NaN, -1, NaN)), 1);
    throws(
      () => choose(Float32Array.of(NaN, 1), barred),
      /a logit that is a number but found none/,
    );
  }
});

Deno.test("settings out of range are refused", () => {
  const random = new SeededRandom(1);
  throws(() => sampler(random, { temperature: 0 }), /a temperature over 0 but found 0/);
  throws(() => sampler(random, { topP: 0 }), /a topP in \(0, 1\] but found 0/);
  throws(() => sampler(random, { topK: 1.5 }), /a whole topK but found 1\.5/);
});
