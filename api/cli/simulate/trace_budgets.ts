import { closeSync, openSync, readSync } from "node:fs";
import { budgetTable, tile } from "../../../core/attention/budget_table.ts";
import { MAGIC } from "../../../core/attention/trace_format.ts";
import { fromTraceFile } from "../attention_trace.ts";
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
 * @throws {UserError} when it is none, has several samples that are not to be joined, or fewer steps
 *   than are decoded and is not to be repeated
 */
export async function traceBudgets(
  option: string,
  path: string,
  { lout, tile: repeats, concatenate }: Pick<ExperimentOptions, "lout" | "tile" | "concatenate">,
): Promise<number[]> {
  const series = await fromTraceFile(
    option,
    path,
    (trace) => budgetTable(trace, { concatenate }),
  );
  // The prompt's own pass makes the first token.
  const steps = Math.max(1, lout - 1);
  if (series.length >= steps) return series.slice(0, steps);
  if (repeats) return tile(series, steps);
  throw new UserError(
    `${option}: expected at least ${steps} steps, as --lout ${lout} decodes, but found ` +
      `${series.length} in ${path}; --tile repeats them`,
  );
}
