import type { RowTotals } from "../attention/row_totals.ts";
import type { RowsTouched } from "../attention/rows.ts";

/**
 * Rows of one selection (a head at one step of one layer), in the mean.
 *
 * @throws {RangeError} where nothing was selected
 *
 * @example
 * ```ts
 * import { meanRows } from "./mean_rows.ts";
 * import { addRows, noRows } from "../attention/row_totals.ts";
 * import { RowCounter } from "../attention/rows.ts";
 * import { equal } from "node:assert/strict";
 *
 * const counter = new RowCounter();
 * const totals = addRows(addRows(noRows(), counter.count([0], 128)), counter.count([0, 99], 128));
 * equal(meanRows(totals).placedRows16, 1.5);
 * ```
 */
export function meanRows({ selections, ...rows }: RowTotals): RowsTouched {
  if (selections === 0) throw new RangeError("Expected selections but found none");
  return {
    keptTokens: rows.keptTokens / selections,
    sequentialRows16: rows.sequentialRows16 / selections,
    placedRows16: rows.placedRows16 / selections,
    sequentialDramRows: rows.sequentialDramRows / selections,
    placedDramRows: rows.placedDramRows / selections,
  };
}
