/**
 * For tests only: attention of one query, in float64 by its definition.
 *
 * @module
 */
import type { CacheShape } from "../layer_cache.ts";

/** What one query head attends to. */
export interface HeadTokens {
  readonly tokens: readonly number[];
  /** Added to the logits; 0 where absent. */
  readonly bias?: readonly number[];
}

/** Output `[queryHeads, headDim]`, and each head's weights. */
export interface AttentionReference {
  readonly output: Float64Array;
  readonly weights: readonly (readonly number[])[];
}

/**
 * Attends by the definition.
 *
 * @param queries `[queryHeads, headDim]`
 * @param keys `[tokens, kvHeads, headDim]`
 * @param values `[tokens, kvHeads, headDim]`
 */
export function attentionReference(
  { queryHeads, kvHeads, headDim }: CacheShape,
  queries: Float32Array,
  keys: Float32Array,
  values: Float32Array,
  heads: readonly HeadTokens[],
): AttentionReference {
  const output = new Float64Array(queryHeads * headDim);
  const weights = heads.map(({ tokens, bias }, head) => {
    const kvHead = Math.floor(head / (queryHeads / kvHeads));
    const at = (token: number, d: number) => (token * kvHeads + kvHead) * headDim + d;
    const logits = tokens.map((token, i) => {
      let dot = 0;
      for (let d = 0; d < headDim; d++) dot += queries[head * headDim + d]! * keys[at(token, d)]!;
      return dot / Math.sqrt(headDim) + (bias?.[i] ?? 0);
    });
    const top = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
    const shares = logits.map((logit) => Math.exp(logit - top) / total);
    tokens.forEach((token, i) => {
      for (let d = 0; d < headDim; d++) {
        output[head * headDim + d]! += shares[i]! * values[at(token, d)]!;
      }
    });
    return shares;
  });
  return { output, weights };
}
