/** Times of one block's layers that overlap attention in the memory, in seconds. */
interface OverlappingTimes {
  readonly qkv: number;
  readonly proj: number;
  /** Both transfers together. */
  readonly transfer: number;
}

/** How {@linkcode overlap} counts what attention hides. */
interface OverlapOptions {
  /** One head's share: GPUs over heads, or groups of heads that are read together. */
  readonly headShare: number;
  /** Whether projections overlap too (`--pipeopt`); transfers always do. */
  readonly withProjections: boolean;
  /** Whether hidden time is taken from each projection in proportion; else 3 : 1 (default). */
  readonly inProportion?: boolean;
}

/**
 * What is left of a block's times when its heads are worked on one after the other, so that one
 * head's attention runs beside another's projections and transfers (AttAcc src/system.py).
 *
 * Projections run on the GPU, transfers on the link, attention in memory. Of n heads in a row the
 * first passes all three, and each of the others adds the time of the slowest: with r = 1/n all
 * together take r (projections + transfer + attention) + (1 - r) max(projections, transfer,
 * attention). Attention itself is counted in full elsewhere, so that of what is shorter than the
 * longest r remains, and of the longest, if that is not attention, all but (1 - r) attention, which
 * is at least r of it. AttAcc takes three quarters of that from QKV and one from the output
 * projection whatever their lengths, which can leave less than nothing of one of them.
 *
 * @param attention seconds of attention in memory
 *
 * @example
 * ```ts
 * import { overlap } from "./pipelining.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const times = { qkv: 3, proj: 1, transfer: 2 };
 * const headShare = 0.25;
 * deepEqual(
 *   overlap(times, 8, { headShare, withProjections: true }),
 *   { qkv: 0.75, proj: 0.25, transfer: 0.5 },
 * );
 * deepEqual(
 *   overlap(times, 8, { headShare, withProjections: false }),
 *   { qkv: 3, proj: 1, transfer: 0.5 },
 * );
 * ```
 */
export function overlap(
  { qkv, proj, transfer }: OverlappingTimes,
  attention: number,
  { headShare, withProjections, inProportion = false }: OverlapOptions,
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
    const ofQkv = inProportion ? qkv / projections : 3 / 4;
    return { ...left, qkv: qkv - hidden * ofQkv, proj: proj - hidden * (1 - ofQkv) };
  }
  return { ...left, transfer: transfer - hidden };
}
