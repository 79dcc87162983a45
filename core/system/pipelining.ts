/** Times of one block's layers that overlap attention in the memory, in seconds. */
export interface OverlappingTimes {
  readonly qkv: number;
  readonly proj: number;
  /** Both transfers together. */
  readonly transfer: number;
}

/**
 * What is left of a block's times when its heads are worked on one after the other, so that one
 * head's attention runs beside another's projections and transfers (AttAcc src/system.py).
 *
 * Attention hides all but the first head's share of what is shorter than itself; of what is longer
 * it hides its own length. As in AttAcc nothing keeps a time from falling below zero.
 *
 * @param attention seconds of score, softmax and context
 * @param headShare one head's share: GPUs over heads
 * @param withProjections whether projections overlap too (`--pipeopt`); transfers always do
 *
 * @example
 * ```ts
 * import { overlap } from "./pipelining.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const times = { qkv: 3, proj: 1, transfer: 2 };
 * deepEqual(overlap(times, 8, 0.25, true), { qkv: 0.75, proj: 0.25, transfer: 0.5 });
 * deepEqual(overlap(times, 8, 0.25, false), { qkv: 3, proj: 1, transfer: 0.5 });
 * ```
 */
export function overlap(
  { qkv, proj, transfer }: OverlappingTimes,
  attention: number,
  headShare: number,
  withProjections: boolean,
): OverlappingTimes {
  const hidden = attention * (1 - headShare);
  const projections = qkv + proj;
  const left = {
    qkv: qkv * headShare,
    proj: proj * headShare,
    transfer: transfer * headShare,
  };
  if (!withProjections) {
    return { qkv, proj, transfer: attention > transfer ? left.transfer : transfer - hidden };
  }
  if (attention > projections) {
    return { ...left, transfer: attention > transfer ? left.transfer : transfer - hidden };
  }
  if (projections > transfer) {
    return { ...left, qkv: qkv - hidden * (3 / 4), proj: proj - hidden * (1 / 4) };
  }
  return { ...left, transfer: transfer - hidden };
}
