/**
 * The shortest piece that a series repeats from its start to its end, at least twice.
 *
 * The last repetition may be cut. A series that repeats nothing is its own period.
 *
 * @returns entries of the piece; 0 for an empty series
 *
 * @example
 * ```ts
 * import { tilingPeriod } from "./tiling_period.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(tilingPeriod([7, 5, 6, 7, 5, 6, 7, 5]), 3);
 * equal(tilingPeriod([7, 5, 6, 7]), 4);
 * ```
 */
export function tilingPeriod(series: ArrayLike<number>): number {
  const period = series.length - longestBorder(series);
  return 2 * period <= series.length ? period : series.length;
}

/** Length of the longest proper beginning that is also an end (Knuth, Morris, Pratt). */
function longestBorder(series: ArrayLike<number>): number {
  const border = new Uint32Array(series.length + 1);
  let length = 0;
  for (let i = 1; i < series.length; i++) {
    while (length > 0 && series[i] !== series[length]) length = border[length]!;
    if (series[i] === series[length]) length++;
    border[i + 1] = length;
  }
  return length;
}
