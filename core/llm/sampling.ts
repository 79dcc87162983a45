import type { SeededRandom } from "./random.ts";

/** Chooses a token by its logits. */
export type Sampler = (logits: Float32Array) => number;

/** Settings of random sampling. */
export interface SamplingOptions {
  /** Divides logits; over 0. 1 unless stated. */
  readonly temperature?: number;
  /** Draw from so many of the likeliest tokens; 0, unless stated, for all. */
  readonly topK?: number;
  /** Then draw from the fewest likeliest tokens that have this share; 1 unless stated. */
  readonly topP?: number;
}

/**
 * The likeliest token, the first one of several.
 *
 * @example
 * ```ts
 * import { greedy } from "./sampling.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(greedy(new Float32Array([0, 2, 1, 2])), 1);
 * ```
 */
export function greedy(logits: Float32Array): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++) {
    if (logits[token]! > logits[best]!) best = token;
  }
  return best;
}

/**
 * Draws tokens at random; the same random numbers give the same tokens.
 *
 * @throws {RangeError} when a setting is out of range
 */
export function sampler(random: SeededRandom, options: SamplingOptions = {}): Sampler {
  const { temperature = 1, topK = 0, topP = 1 } = options;
  if (!(temperature > 0)) {
    throw new RangeError(`Expected a temperature over 0 but found ${temperature}`);
  }
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`Expected a topP in (0, 1] but found ${topP}`);
  if (!Number.isInteger(topK) || topK < 0) {
    throw new RangeError(`Expected a whole topK but found ${topK}`);
  }
  return (logits) => {
    const tokens = likeliestFirst(logits).slice(0, topK || logits.length);
    const top = logits[tokens[0]!]!;
    const shares = Float64Array.from(tokens, (t) => Math.exp((logits[t]! - top) / temperature));
    return tokens[draw(shares, topP, random.uniform())]!;
  };
}

/** Tokens by falling logit, the lower token first of equals. */
function likeliestFirst(logits: Float32Array): Uint32Array {
  return Uint32Array.from(logits, (_, token) => token)
    .sort((a, b) => logits[b]! - logits[a]! || a - b);
}

/** Index drawn from falling shares, of which only the first that make up `topP` count. */
function draw(shares: Float64Array, topP: number, uniform: number): number {
  const total = shares.reduce((sum, share) => sum + share, 0);
  let kept = 0;
  let count = 0;
  while (count < shares.length && (count === 0 || kept < topP * total)) kept += shares[count++]!;
  let left = uniform * kept;
  for (let i = 0; i < count; i++) {
    left -= shares[i]!;
    if (left < 0) return i;
  }
  return count - 1;
}
