import { greedy, type Sampler } from "./sampling.ts";
import type { Sequence } from "./sequence.ts";

/** When and how to go on. */
export interface GenerateOptions {
  /** Most tokens to generate. */
  readonly maxNewTokens: number;
  /** Tokens that end the text; they are not given out. None unless stated. */
  readonly endTokens?: readonly number[];
  /** Chooses each token; the likeliest unless stated. */
  readonly sampler?: Sampler;
}

/**
 * Continues a sequence: gives token by token until an end token, the count, or the room is reached.
 *
 * @param logits after the last token of the sequence
 *
 * @example
 * ```ts
 * import { generate } from "./generate.ts";
 * import { LanguageModel } from "./language_model.ts";
 * import { tinyLlama } from "./tiny_llama.ts";
 * import { equal } from "node:assert/strict";
 *
 * const model = await LanguageModel.open(tinyLlama);
 * const sequence = await model.sequence();
 * const logits = await sequence.prefill([68, 345, 410]);
 * const tokens = await Array.fromAsync(generate(sequence, logits, { maxNewTokens: 5 }));
 * equal(tokens.length, 5);
 * await model.close();
 * ```
 */
export async function* generate(
  sequence: Sequence,
  logits: Float32Array,
  options: GenerateOptions,
): AsyncGenerator<number, void> {
  const { maxNewTokens, endTokens = [], sampler = greedy } = options;
  for (let count = 1; count <= maxNewTokens; count++) {
    const token = sampler(logits);
    if (endTokens.includes(token)) return;
    yield token;
    if (count === maxNewTokens || sequence.length === sequence.maxTokens) return;
    logits = await sequence.step(token);
  }
}
