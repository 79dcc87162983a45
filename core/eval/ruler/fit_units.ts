/** How large a haystack can be. */
interface UnitRange {
  readonly minimum: number;
  readonly increment: number;
  readonly maximum?: number | undefined;
  /** Where to begin the search, e.g. the size that fitted the sample before. */
  readonly guess?: number | undefined;
}

/**
 * The size that fits while one increment more does not, or is not to be had: from the guess in
 * growing strides to the first size of the other kind, then by halving.
 *
 * Sizes are `minimum` plus whole increments.
 *
 * @param fits whether a size fits
 * @returns nothing if not even the smallest fits
 *
 * @example
 * ```ts
 * import { fitUnits } from "./fit_units.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(fitUnits((units) => units < 1234, { minimum: 10, increment: 25 }), 1210);
 * equal(fitUnits(() => false, { minimum: 10, increment: 25 }), undefined);
 * ```
 */
export function fitUnits(
  fits: (units: number) => boolean,
  { minimum, increment, maximum = Infinity, guess = minimum }: UnitRange,
): number | undefined {
  const units = (step: number) => minimum + step * increment;
  const last = Math.floor((maximum - minimum) / increment);
  const fitsAt = (step: number) => step < 0 || (step <= last && fits(units(step)));
  const start = Math.min(Math.max(0, Math.round((guess - minimum) / increment)), last);
  let [low, high] = fitsAt(start) ? [start, Infinity] : [-1, start];
  for (let stride = 1; high === Infinity; stride *= 2) {
    if (fitsAt(low + stride)) low += stride;
    else high = low + stride;
  }
  for (let stride = 1; low === -1 && high > 0; stride *= 2) {
    const step = Math.max(-1, high - stride);
    if (fitsAt(step)) {
      low = step;
      break;
    }
    high = step;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fitsAt(middle)) low = middle;
    else high = middle;
  }
  return low < 0 ? undefined : units(low);
}
