/**
 * For tests only: order of scores. NaN counts as minus infinity; of equal scores the lower index
 * comes first.
 *
 * @module
 */
import { at } from "./float32.ts";

/** A score as it is compared. */
export function ordered(score: number): number {
  return Number.isNaN(score) ? -Infinity : score;
}

/** All indices, the largest score first. */
export function ranking(scores: ArrayLike<number>): number[] {
  const indices = Array.from(scores, (_, index) => index);
  return indices.sort((a, b) => {
    const [left, right] = [ordered(at(scores, a)), ordered(at(scores, b))];
    return left === right ? a - b : left > right ? -1 : 1;
  });
}

/** Indices of the `k` largest scores, ascending. */
export function topK(scores: ArrayLike<number>, k: number): number[] {
  return ranking(scores).slice(0, Math.max(k, 0)).sort((a, b) => a - b);
}

/** The whole numbers from `first` up to, not including, `end`. */
export function range(first: number, end: number): number[] {
  return Array.from({ length: Math.max(end - first, 0) }, (_, index) => first + index);
}
