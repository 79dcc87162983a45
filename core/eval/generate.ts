import type { DecodeSession } from "./language_model.ts";

/** When to stop. */
export interface GenerateOptions {
  /** The most tokens to generate; at least 1. */
  maxTokens: number;
  /** Tokens that end the generation; the one met is part of the result. */
  stopTokens: readonly number[];
  /**
   * What a stop token at the first place does: ends the generation, is passed over as if it were
   * any token (the STARC artifact), or cannot be chosen (a minimum length of one).
   *
   * @default {"ends"}
   */
  firstStop?: "ends" | "ignored" | "barred";
}

/**
 * Continues a sequence with the likeliest token each time; of equal ones the lowest.
 *
 * The last token generated is not fed to the model.
 *
 * @param logits logits after what was read so far
 */
export async function generateGreedily(
  session: DecodeSession,
  logits: Float32Array,
  { maxTokens, stopTokens, firstStop = "ends" }: GenerateOptions,
): Promise<number[]> {
  const stops = new Set(stopTokens);
  const first = likeliest(logits, firstStop === "barred" ? stops : undefined);
  const generated = [first];
  if (firstStop === "ends" && stops.has(first)) return generated;
  while (generated.length < maxTokens) {
    const next = likeliest(await session.step(generated.at(-1)!));
    generated.push(next);
    if (stops.has(next)) break;
  }
  return generated;
}

/**
 * Index of the largest logit, the lowest of several.
 *
 * @param barred indices that may not be chosen
 * @throws {RangeError} if there is none to choose
 *
 * @example
 * ```ts
 * import { likeliest } from "./generate.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(likeliest(Float32Array.of(1, 3, 3)), 1);
 * equal(likeliest(Float32Array.of(1, 3, 3), new Set([1])), 2);
 * ```
 */
export function likeliest(logits: Float32Array, barred?: ReadonlySet<number>): number {
  let [best, bestLogit] = [-1, -Infinity];
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!;
    if ((logit > bestLogit || best < 0) && !Number.isNaN(logit) && !barred?.has(id)) {
      [best, bestLogit] = [id, logit];
    }
  }
  if (best < 0) throw new RangeError("Expected a logit that is a number but found none");
  return best;
}
