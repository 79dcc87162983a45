import type { DecodeSession } from "../evaluated_model.ts";

/**
 * Where a text's first tokens are read, and what is predicted.
 *
 * - `artifact`: the STARC artifact's (evaluation/pg19/ppl_eval.py). Tokens 0 to `start` are read at
 *   once, then every token from `start` on as a decode step: token `start` is read twice and all
 *   positions behind it are shifted by one. A single first token is a step too, as it is for the
 *   attention code there.
 * - `once`: tokens 0 to `start` are read at once, every later one as a decode step.
 */
export type PerplexityProtocol = "artifact" | "once";

/** What to predict. */
export interface SequenceOptions {
  readonly protocol: PerplexityProtocol;
  /** The last token that is read at once; the first predicted is the one behind it. */
  readonly start: number;
  /** The most tokens to predict. */
  readonly maxTokens: number;
  /** Told the negative log-likelihood of each token. */
  readonly onToken?: ((nll: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How many tokens of a text are predicted. */
export function predictedTokens(tokens: number, { start, maxTokens }: SequenceOptions): number {
  return Math.max(0, Math.min(maxTokens, tokens - 1 - start));
}

/**
 * Negative log-likelihoods of a text's tokens under a model, each given all before it.
 *
 * @param ids the text, the tokens the tokenizer puts in front included
 * @returns natural logarithms, one for each predicted token
 */
export async function sequenceNll(
  session: DecodeSession,
  ids: readonly number[],
  options: SequenceOptions,
): Promise<Float64Array> {
  const { protocol, start, onToken, signal } = options;
  const nlls = new Float64Array(predictedTokens(ids.length, options));
  const head = ids.slice(0, start + 1);
  let logits = protocol === "artifact" && head.length === 1
    ? await session.step(head[0]!)
    : await session.prefill(head);
  for (let i = 0; i < nlls.length; i++) {
    signal?.throwIfAborted();
    const at = start + i;
    if (protocol === "artifact" || i > 0) logits = await session.step(ids[at]!);
    nlls[i] = negativeLogLikelihood(logits, ids[at + 1]!);
    onToken?.(nlls[i]!);
  }
  return nlls;
}

/**
 * -log softmax(logits)[id], in double precision.
 *
 * @throws {RangeError} if there is no logit for the token
 *
 * @example
 * ```ts
 * import { negativeLogLikelihood } from "./sequence_nll.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(negativeLogLikelihood(Float32Array.of(0, 0, 0, 0), 2), Math.log(4));
 * ```
 */
export function negativeLogLikelihood(logits: Float32Array, id: number): number {
  const logit = logits[id];
  if (logit === undefined) {
    throw new RangeError(`Expected a token below ${logits.length} but found ${id}`);
  }
  let largest = -Infinity;
  for (const value of logits) if (value > largest) largest = value;
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - largest);
  return Math.log(sum) - (logit - largest);
}
