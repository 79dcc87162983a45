import type { Sampler } from "./sampling.ts";

/**
 * Makes tokens of a text, its prompt's too, less likely to come again: a logit above 0 is divided by
 * the penalty and one below multiplied, in single precision, as the `transformers` library does.
 *
 * @param choose chooses by the logits that result
 * @param penalty over 0; below 1 it is a reward
 * @param prompt tokens of the text so far; those that are chosen are added
 * @returns a sampler for this one text
 * @throws {RangeError} when the penalty is out of range
 *
 * @example
 * ```ts
 * import { penalizingRepetition } from "./repetition_penalty.ts";
 * import { greedy } from "./sampling.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const choose = penalizingRepetition(greedy, 2, [0]);
 * const logits = Float32Array.of(4, 3, 1);
 * deepEqual([choose(logits), choose(logits)], [1, 0]);
 * ```
 */
export function penalizingRepetition(
  choose: Sampler,
  penalty: number,
  prompt: readonly number[],
): Sampler {
  if (!(penalty > 0 && penalty < Infinity)) {
    throw new RangeError(`Expected a repetition penalty over 0 but found ${penalty}`);
  }
  const factor = Math.fround(penalty);
  const met = new Set(prompt);
  return (logits, barred) => {
    const penalized = logits.slice();
    for (const token of met) {
      const logit = logits[token]!;
      penalized[token] = logit < 0 ? logit * factor : logit / factor;
    }
    const token = choose(penalized, barred);
    met.add(token);
    return token;
  };
}
