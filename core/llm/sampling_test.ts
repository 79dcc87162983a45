import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { penalizingRepetition } from "./repetition_penalty.ts";
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

/** Sorts all tokens to draw one: what a draw must come to, whatever saves it the time. */
function drawOfAllSorted(
  logits: Float32Array,
  barred: ReadonlySet<number>,
  uniform: number,
  { temperature = 1, topK = 0, topP = 1, typicalP = 1 }: SamplingOptions,
): number {
  const tokens = [...logits.keys()]
    .filter((token) => !Number.isNaN(logits[token]!) && !barred.has(token))
    .sort((a, b) => logits[b]! - logits[a]! || a - b)
    .slice(0, topK || logits.length);
  const top = logits[tokens[0]!]!;
  const shares = tokens.map((token) => Math.exp((logits[token]! - top) / temperature));
  const least = topP * shares.reduce((sum, share) => sum + share, 0);
  let [kept, count] = [0, 0];
  while (count < shares.length && (count === 0 || kept < least)) kept += shares[count++]!;
  const likely = shares.slice(0, count);
  const isTypical = typicalP < 1 ? typicalOfAllSorted(likely, typicalP) : () => true;
  const left = [...likely.keys()].filter(isTypical);
  let rest = uniform * left.reduce((sum, i) => sum + likely[i]!, 0);
  return tokens[left.find((i) => (rest -= likely[i]!) < 0) ?? left.at(-1)!]!;
}

/** Sorts all shares by how near their surprise is to the mean surprise. */
function typicalOfAllSorted(shares: readonly number[], typicalP: number): (i: number) => boolean {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const surprises = shares.map((share) => -Math.log(share / total));
  const mean = shares.reduce((sum, s, i) => sum + (s && s / total * surprises[i]!), 0);
  const distances = surprises.map((surprise) => Math.abs(surprise - mean));
  const order = [...shares.keys()].sort((a, b) => distances[a]! - distances[b]!);
  let kept = 0;
  const last = order.find((i) => (kept += shares[i]! / total) >= typicalP) ?? order.at(-1)!;
  return (i) => distances[i]! <= distances[last]!;
}

Deno.test("a draw is that from all tokens sorted, whatever the logits and the settings", () => {
  // Few different values, so that there are many equals; both zeros and no numbers among them.
  const odd = fc.constantFrom(0, -0, 1, -1, 2, NaN, -Infinity, 1e-40, -1e-40);
  const logit = fc.oneof(odd, fc.float({ min: -30, max: 30, noNaN: true }));
  const few = fc.array(logit, { minLength: 1, maxLength: 40 }).map((list) =>
    Float32Array.from(list)
  );
  const many = fc.tuple(few, fc.integer({ min: 8192, max: 20_000 }), fc.nat()).map(
    ([list, length, seed]) => {
      const random = new SeededRandom(seed);
      const pick = () =>
        list[random.word() % list.length]! + (random.word() % 3 && random.uniform());
      return Float32Array.from({ length }, pick);
    },
  );
  const settings = fc.record({
    temperature: fc.double({ min: 0.1, max: 3, noNaN: true }),
    topK: fc.constantFrom(0, 1, 2, 5, 50, 9000),
    topP: fc.constantFrom(1, 0.95, 0.5, 0.01),
    typicalP: fc.constantFrom(1, 0.95, 0.5, 0.01),
  });
  const holds = (
    logits: Float32Array,
    barredList: number[],
    seed: number,
    how: SamplingOptions,
  ) => {
    const barred = new Set(barredList);
    fc.pre([...logits.keys()].some((token) => !Number.isNaN(logits[token]!) && !barred.has(token)));
    const uniform = new SeededRandom(seed).uniform();
    const expected = drawOfAllSorted(logits, barred, uniform, how);
    equal(sampler(new SeededRandom(seed), how)(logits, barred), expected);
  };
  const barred = fc.array(fc.nat(40), { maxLength: 3 });
  fc.assert(fc.property(few, barred, fc.nat(), settings, holds), { numRuns: 500 });
  fc.assert(fc.property(many, barred, fc.nat(), settings, holds), { numRuns: 60 });
});

Deno.test("tokens far less likely than the likeliest are left out where that is asked for", () => {
  near(shares({ minP: 0.49 }), [0, 2 / 3, 0, 1 / 3]);
  near(shares({ minP: 0.24 }), [1 / 8, 1 / 2, 1 / 8, 1 / 4]);
  near(shares({ minP: 1 }), [0, 1, 0, 0]);
  // Shares are those after the temperature: 1/22 is less than 0.1 of 16/22, 4/22 is not.
  near(shares({ minP: 0.1, temperature: 0.5 }), [0, 4 / 5, 0, 1 / 5]);
});

Deno.test("the tokens of the most typical surprise are drawn from where that is asked for", () => {
  // Surprises are 1, 2, 3 and 3 bits and their mean 1.75 bits: 2 is nearest, then 1, then both 3s.
  near(shares({ typicalP: 0.2 }), [0, 0, 0, 1]);
  near(shares({ typicalP: 0.3 }), [0, 2 / 3, 0, 1 / 3]);
  // Of equally surprising tokens all stay.
  near(shares({ typicalP: 0.8 }), [1 / 8, 1 / 2, 1 / 8, 1 / 4]);
  near(shares({ typicalP: 0.2, topK: 1 }), [0, 1, 0, 0]);
});

Deno.test("a token that came before is penalised, once, by the sign of its logit", () => {
  const seen: number[][] = [];
  const choose = penalizingRepetition(
    (logits) => {
      seen.push([...logits]);
      return greedy(logits);
    },
    1.1,
    [2, 2, 1],
  );
  const logits = Float32Array.of(5, 3, -2, 0);
  equal(choose(logits), 0);
  equal(choose(logits), 0);
  const f32 = Math.fround;
  const [less, penalty] = [f32(3 / f32(1.1)), f32(1.1)];
  deepEqual(seen, [[5, less, f32(-2 * penalty), 0], [
    f32(5 / penalty),
    less,
    f32(-2 * penalty),
    0,
  ]]);
  deepEqual([...logits], [5, 3, -2, 0]);
  throws(() => penalizingRepetition(greedy, 0, []), /a repetition penalty over 0 but found 0/);
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
  throws(() => sampler(random, { minP: 2 }), /a minP in \[0, 1\] but found 2/);
  throws(() => sampler(random, { typicalP: 0 }), /a typicalP in \(0, 1\] but found 0/);
  throws(() => sampler(random, { topK: 1.5 }), /a whole topK but found 1\.5/);
});
