import type { Bound } from "./cost.ts";

/** Rates of the two that share a feed-forward layer, of one device each. */
interface SharingRates {
  readonly gpuFlopsPerSecond: number;
  readonly gpuBytesPerSecond: number;
  /** Inside the accelerator's stacks. */
  readonly pimBytesPerSecond: number;
  readonly elementBytes: number;
  readonly batch: number;
}

/**
 * Share of a feed-forward layer's time that remains when the accelerator takes its part of the
 * work (`--ffopt`, AttAcc src/system.py). Of a layer bound by memory the accelerator reads its
 * weights once for every request of the batch.
 *
 * @example
 * ```ts
 * import { feedForwardShare } from "./feed_forward_sharing.ts";
 * import { equal } from "node:assert/strict";
 *
 * const rates = {
 *   gpuFlopsPerSecond: 1e15,
 *   gpuBytesPerSecond: 3e12,
 *   pimBytesPerSecond: 27e12,
 *   elementBytes: 2,
 *   batch: 1,
 * };
 * equal(feedForwardShare("memory", rates), 0.1);
 * ```
 */
export function feedForwardShare(bound: Bound, rates: SharingRates): number {
  const { gpuFlopsPerSecond, gpuBytesPerSecond, pimBytesPerSecond, elementBytes, batch } = rates;
  const scale = pimBytesPerSecond / gpuBytesPerSecond;
  if (bound === "compute") {
    const pimFlops = gpuBytesPerSecond / elementBytes * 2 * scale;
    return gpuFlopsPerSecond / (gpuFlopsPerSecond + pimFlops);
  }
  return gpuBytesPerSecond / (gpuBytesPerSecond + gpuBytesPerSecond * scale / batch);
}
