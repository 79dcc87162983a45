/**
 * The middle of some values; of an even number of them the upper of the two in the middle.
 *
 * @param values at least one
 *
 * @example
 * ```ts
 * import { median } from "./median.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(median([3, 1, 2]), 2);
 * equal(median([4, 1, 2, 3]), 3);
 * ```
 */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
