import { models } from "../hardware/models.ts";
import type { BlockShape } from "./layers.ts";

/**
 * Bytes that weights, KV cache and temporaries of a run take, on all devices together (AttAcc
 * src/system.py).
 *
 * @param contextTokens tokens at the end of the run: prompt and all generated but the last
 */
export function requiredBytes(block: BlockShape, contextTokens: number): number {
  const { layers, hidden, heads, feedForwardRatio } = models[block.model];
  const { elementBytes, batch } = block;
  const matrices = block.feedForward === "swiglu" ? 3 : 2;
  const weights = layers * hidden * (4 * hidden + matrices * feedForwardRatio * hidden) *
    elementBytes;
  const scores = contextTokens * heads;
  const largest = Math.max(
    (hidden + scores) * elementBytes,
    hidden * 2 * elementBytes,
    scores * 2 * elementBytes,
    (feedForwardRatio * hidden + hidden) * elementBytes,
  );
  const cache = layers * 2 * contextTokens * hidden * elementBytes;
  return weights + cache * batch + (largest + scores) * batch;
}
