import { likeliestFirst } from "./likeliest_first.ts";
import type { SeededRandom } from "./random.ts";

/**
 * Chooses a token by its logits, of those that are numbers.
 *
 * @param barred tokens that may not be chosen
 * @throws {RangeError} where there is none to choose
 */
export type Sampler = (logits: Float32Array, barred?: ReadonlySet<number>) => number;

/** Settings of random sampling; they narrow down what is drawn from in this order. */
export interface SamplingOptions {
  /** Divides logits; over 0. 1 unless stated. */
  readonly temperature?: number;
  /** Draw from so many of the likeliest tokens; 0, unless stated, for all. */
  readonly topK?: number;
  /** Then draw from the fewest likeliest tokens that have this share; 1 unless stated. */
  readonly topP?: number;
  /** Then from those at least this part as likely as the likeliest, 0 to 1; 0 unless stated. */
  readonly minP?: number;
  /**
   * Then from the tokens whose surprise is nearest to the mean surprise, as few as have this share
   * of what is left (locally typical sampling); over 0 up to 1, which is all. 1 unless stated.
   */
  readonly typicalP?: number;
}

/** Tokens to draw from, the likeliest first, and their shares, in no unit of note. */
interface Candidates {
  readonly tokens: Uint32Array;
  readonly shares: Float64Array;
}

/**
 * The likeliest token, the first one of several.
 *
 * @example
 * ```ts
 * import { greedy } from "./sampling.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(greedy(Float32Array.of(0, 2, 1, 2)), 1);
 * equal(greedy(Float32Array.of(0, 2, 1, 2), new Set([1])), 3);
 * ```
 */
export const greedy: Sampler = (logits, barred) => {
  let [best, bestLogit] = [-1, -Infinity];
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token]!;
    if ((logit > bestLogit || best < 0) && !Number.isNaN(logit) && !barred?.has(token)) {
      [best, bestLogit] = [token, logit];
    }
  }
  if (best < 0) throw nothingToChoose();
  return best;
};

function nothingToChoose(): RangeError {
  return new RangeError("Expected a logit that is a number but found none");
}

/**
 * Draws tokens at random; the same random numbers give the same tokens.
 *
 * @throws {RangeError} when a setting is out of range
 */
export function sampler(random: SeededRandom, options: SamplingOptions = {}): Sampler {
  const { temperature = 1, topK = 0, topP = 1, minP = 0, typicalP = 1 } = options;
  if (!(temperature > 0)) {
    throw new RangeError(`Expected a temperature over 0 but found ${temperature}`);
  }
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`Expected a topP in (0, 1] but found ${topP}`);
  if (!Number.isInteger(topK) || topK < 0) {
    throw new RangeError(`Expected a whole topK but found ${topK}`);
  }
  if (!(minP >= 0 && minP <= 1)) {
    throw new RangeError(`Expected a minP in [0, 1] but found ${minP}`);
  }
  if (!(typicalP > 0 && typicalP <= 1)) {
    throw new RangeError(`Expected a typicalP in (0, 1] but found ${typicalP}`);
  }
  return (logits, barred) => {
    const tokens = likeliestFirst(logits, topK || logits.length, barred);
    if (tokens.length === 0) throw nothingToChoose();
    let candidates = withTopP({ tokens, shares: sharesOf(tokens, logits, temperature) }, topP);
    if (minP > 0) candidates = withMinP(candidates, minP);
    if (typicalP < 1) candidates = withTypicalP(candidates, typicalP);
    return draw(candidates, random.uniform());
  };
}

/** Shares of the likeliest's, which has 1. */
function sharesOf(tokens: Uint32Array, logits: Float32Array, temperature: number): Float64Array {
  const top = logits[tokens[0]!]!;
  const shares = new Float64Array(tokens.length);
  for (let i = 0; i < tokens.length; i++) {
    shares[i] = Math.exp((logits[tokens[i]!]! - top) / temperature);
  }
  return shares;
}

/** The first that make up a share. */
function withTopP(candidates: Candidates, topP: number): Candidates {
  const { shares } = candidates;
  const least = topP * sum(shares);
  let kept = 0;
  let count = 0;
  while (count < shares.length && (count === 0 || kept < least)) kept += shares[count++]!;
  return first(candidates, count);
}

/** Those at least so likely, compared with the likeliest. */
function withMinP(candidates: Candidates, minP: number): Candidates {
  const { shares } = candidates;
  let count = 1;
  while (count < shares.length && shares[count]! >= minP * shares[0]!) count++;
  return first(candidates, count);
}

/**
 * Those whose surprise, -log of the share, is nearest to the mean surprise, until they make up a
 * share; all that are as near as the last of them. Surprises rise, so these lie side by side around
 * the mean.
 */
function withTypicalP({ tokens, shares }: Candidates, typicalP: number): Candidates {
  const total = sum(shares);
  const surprises = shares.map((share) => -Math.log(share / total));
  const mean = sum(shares.map((share, i) => share === 0 ? 0 : share / total * surprises[i]!));
  const distance = (i: number) =>
    i >= 0 && i < surprises.length ? Math.abs(surprises[i]! - mean) : Infinity;
  let begin = countUpTo(surprises, mean);
  let end = begin;
  let kept = 0;
  let furthest = 0;
  while (end - begin < shares.length && (kept < typicalP || isAsNear())) {
    const next = begin > 0 && distance(begin - 1) <= distance(end) ? --begin : end++;
    kept += shares[next]! / total;
    furthest = distance(next);
  }
  return { tokens: tokens.subarray(begin, end), shares: shares.subarray(begin, end) };

  function isAsNear(): boolean {
    return Math.min(distance(begin - 1), distance(end)) <= furthest;
  }
}

/** How many values that rise are no more than a limit. */
function countUpTo(values: Float64Array, limit: number): number {
  let [least, most] = [0, values.length];
  while (least < most) {
    const middle = (least + most) >>> 1;
    if (values[middle]! > limit) most = middle;
    else least = middle + 1;
  }
  return least;
}

function first({ tokens, shares }: Candidates, count: number): Candidates {
  return { tokens: tokens.subarray(0, count), shares: shares.subarray(0, count) };
}

/** From the first to the last: shares that fall add up to the same number on every machine. */
function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

/** A token, drawn by its share. */
function draw({ tokens, shares }: Candidates, uniform: number): number {
  let left = uniform * sum(shares);
  for (let i = 0; i < shares.length; i++) {
    left -= shares[i]!;
    if (left < 0) return tokens[i]!;
  }
  return tokens.at(-1)!;
}
