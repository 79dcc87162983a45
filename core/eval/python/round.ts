/**
 * Rounds to a number of decimals like Python's `round`: the exact value decides, and only a value
 * exactly between two goes to the one whose last digit is even.
 *
 * @param decimals 0 to 20
 *
 * @example
 * ```ts
 * import { round } from "./round.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(round(0.125, 2), 0.12);
 * equal(round(0.375, 2), 0.38);
 * equal(round(2.675, 2), 2.67);
 * equal(round(2.5, 0), 2);
 * ```
 */
export function round(value: number, decimals: number): number {
  const fixed = Number(value.toFixed(decimals));
  // Exactly between two: an odd multiple of 5 one decimal further, and a dyadic fraction with
  // exactly that many binary places. toFixed then takes the larger.
  const tie = Number.isInteger(value * 2 ** (decimals + 1)) &&
    !Number.isInteger(value * 2 ** decimals);
  if (!tie) return fixed;
  const below = Math.floor(value * 10 ** decimals);
  const even = below % 2 === 0 ? below : below + 1;
  return Number(`${even}e-${decimals}`);
}
