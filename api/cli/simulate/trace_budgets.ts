import { closeSync, openSync, readSync } from "node:fs";
import { budgetTable, tile } from "../../../core/attention/budget_table.ts";
import { readTraceFile } from "../../../core/attention/trace_file.ts";
import { MAGIC } from "../../../core/attention/trace_format.ts";
import { UserError } from "../user_error.ts";
import type { ExperimentOptions } from "./options.ts";

/** Whether a file begins as an attention trace does. */
export function isTraceFile(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return false;
  }
  try {
    const start = new Uint8Array(MAGIC.length);
    return readSync(file, start) === MAGIC.length && start.every((byte, i) => byte === MAGIC[i]);
  } catch {
    return false;
  } finally {
    closeSync(file);
  }
}

/**
 * Budgets of the steps from an attention trace: what each of its steps read, in whole rows where the
 * policy placed them. Steps beyond the last that is decoded are left out.
 *
 * @param option what named the trace, for messages
 * @throws {UserError} when it has fewer steps than are decoded and is not to be repeated
 * @throws {BudgetTableError | TraceFormatError} when it is none, or has several samples
 */
export async function traceBudgets(
  option: string,
  path: string,
  { lout, tile: repeats, concatenate }: Pick<ExperimentOptions, "lout" | "tile" | "concatenate">,
): Promise<number[]> {
  const series = await budgetTable(await readTraceFile(path), { concatenate });
  // The prompt's own pass makes the first token.
  const steps = Math.max(1, lout - 1);
  if (series.length >= steps) return series.slice(0, steps);
  if (repeats) return tile(series, steps);
  throw new UserError(
    `${option}: expected at least ${steps} steps, as --lout ${lout} decodes, but found ` +
      `${series.length} in ${path}; --tile repeats them`,
  );
}
