import type { SeededRandom } from "./random.ts";

/**
 * Chooses a token by its logits, of those that are numbers.
 *
 * @param barred tokens that may not be chosen
 * @throws {RangeError} where there is none to choose
 */
export type Sampler = (logits: Float32Array, barred?: ReadonlySet<number>) => number;

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
  const { temperature = 1, topK = 0, topP = 1 } = options;
  if (!(temperature > 0)) {
    throw new RangeError(`Expected a temperature over 0 but found ${temperature}`);
  }
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`Expected a topP in (0, 1] but found ${topP}`);
  if (!Number.isInteger(topK) || topK < 0) {
    throw new RangeError(`Expected a whole topK but found ${topK}`);
  }
  return (logits, barred) => {
    const tokens = likeliestFirst(logits, barred).subarray(0, topK || logits.length);
    if (tokens.length === 0) throw nothingToChoose();
    const top = logits[tokens[0]!]!;
    const shares = Float64Array.from(tokens, (t) => Math.exp((logits[t]! - top) / temperature));
    return tokens[draw(shares, topP, random.uniform())]!;
  };
}

/** Tokens by falling logit, the lower token first of equals. */
function likeliestFirst(logits: Float32Array, barred?: ReadonlySet<number>): Uint32Array {
  return Uint32Array.from(logits, (_, token) => token)
    .filter((token) => !Number.isNaN(logits[token]!) && !barred?.has(token))
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
