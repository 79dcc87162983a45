import type { RowsTouched } from "./rows.ts";

/** Rows of many selections, added up. A selection is one head group at one step of one layer. */
export interface RowTotals extends RowsTouched {
  /** Selections counted. */
  selections: number;
}

/**
 * Adds rows or totals together.
 *
 * @example
 * ```ts
 * import { addRows, noRows } from "./row_totals.ts";
 * import { RowCounter } from "./rows.ts";
 * import { equal } from "node:assert/strict";
 *
 * const rows = new RowCounter().count([0, 100], 128);
 * const totals = addRows(addRows(noRows(), rows), rows);
 * equal(totals.selections, 2);
 * equal(totals.placedRows16, 4);
 * ```
 */
export function addRows(totals: RowTotals, more: RowsTouched | RowTotals): RowTotals {
  return {
    selections: totals.selections + ("selections" in more ? more.selections : 1),
    keptTokens: totals.keptTokens + more.keptTokens,
    sequentialRows16: totals.sequentialRows16 + more.sequentialRows16,
    placedRows16: totals.placedRows16 + more.placedRows16,
    sequentialDramRows: totals.sequentialDramRows + more.sequentialDramRows,
    placedDramRows: totals.placedDramRows + more.placedDramRows,
  };
}

/** Totals of no selection. */
export function noRows(): RowTotals {
  return {
    selections: 0,
    keptTokens: 0,
    sequentialRows16: 0,
    placedRows16: 0,
    sequentialDramRows: 0,
    placedDramRows: 0,
  };
}
