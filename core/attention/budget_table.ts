/**
 * The STARC artifact's budget tables: how many tokens' worth of rows a decode step reads.
 *
 * The script that made the published tables was never released. Their values say how: rows of 16
 * tokens are averaged over the query heads of the layers under the policy, times 16, rounded to a
 * whole number (most entries are no multiples of 16); the generations of several samples follow one
 * another; the series is repeated until the table is long enough (STARC artifact,
 * simulator_starc/…/kv_budget_*.txt and main.py).
 *
 * @module
 */
import { headGroups } from "./trace_format.ts";
import type { AttentionTrace } from "./trace_reader.ts";
import { ROW16_TOKENS } from "./rows.ts";

/** How to make a table from a trace. */
export interface BudgetTableOptions {
  /**
   * Which rows to count: where the policy put the tokens, or in the order of the text.
   *
   * @default {"placed"}
   */
  placement?: "placed" | "sequential";
  /**
   * Puts the steps of several samples one behind the other. Without it a trace of more than one
   * sample is refused.
   *
   * @default {false}
   */
  concatenate?: boolean;
}

/** A trace that cannot be made into a budget table. */
export class BudgetTableError extends Error {
  override readonly name: string = "BudgetTableError";
}

/** A trace of several samples that were not asked to be put one behind the other. */
export class SeveralSamplesError extends BudgetTableError {
  override readonly name = "SeveralSamplesError";

  constructor() {
    super("Expected a trace of one sample but found more");
  }
}

/**
 * Makes a budget table from a trace: one entry for each decode step.
 *
 * @returns tokens a step, each round(16 x mean rows); a tie goes to the even number
 * @throws {SeveralSamplesError} if the trace has several samples that were not asked to be concatenated
 * @throws {BudgetTableError} if it has no layer under the policy, a step that lacks selections or no
 *   step at all
 */
export async function budgetTable(
  trace: AttentionTrace,
  options: BudgetTableOptions = {},
): Promise<number[]> {
  const series: number[] = [];
  let samples = 0;
  for await (const rows of sampleRows(trace, options.placement ?? "placed")) {
    if (++samples === 2 && !options.concatenate) throw new SeveralSamplesError();
    for (const value of rows) series.push(value);
  }
  if (series.length === 0) throw new BudgetTableError("Expected decode steps but found none");
  return series;
}

/**
 * Repeats a series until it has some length.
 *
 * @throws {BudgetTableError} if it is longer, or empty
 *
 * @example
 * ```ts
 * import { tile } from "./budget_table.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(tile([1530, 1700, 1675], 5), [1530, 1700, 1675, 1530, 1700]);
 * ```
 */
export function tile(series: readonly number[], length: number): number[] {
  if (series.length === 0 || series.length > length) {
    throw new BudgetTableError(
      `Expected a series of 1 to ${length} entries to repeat but found ${series.length}`,
    );
  }
  return Array.from({ length }, (_, i) => series[i % series.length]!);
}

/**
 * A table as the artifact's text: one whole number a line.
 *
 * @example
 * ```ts
 * import { formatBudgetTable } from "./budget_table.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(formatBudgetTable([1024, 1530]), "1024\n1530\n");
 * ```
 */
export function formatBudgetTable(table: readonly number[]): string {
  return table.map((value) => `${value}\n`).join("");
}

/** Entries of one sample after the other. */
async function* sampleRows(trace: AttentionTrace, placement: "placed" | "sequential") {
  const { model, policy } = trace.header;
  const dense = new Set(policy.denseLayers);
  if (dense.size >= model.layers) {
    throw new BudgetTableError(
      `Expected a layer under the policy but found none: all ${model.layers} are dense`,
    );
  }
  const expected = (model.layers - dense.size) * headGroups(trace.header);
  let sums: number[] = [];
  let counts: number[] = [];
  let name = "";
  for await (const event of trace.events) {
    if (event.kind === "sample") [name, sums, counts] = [event.name, [], []];
    if (event.kind === "sampleEnd") yield entries(sums, counts, expected, name);
    if (event.kind !== "selections") continue;
    const { step: steps, layer: layers, placedRows16, sequentialRows16 } = event.columns;
    const rows = placement === "placed" ? placedRows16 : sequentialRows16;
    for (let i = 0; i < event.rows; i++) {
      if (dense.has(layers[i]!)) continue;
      const step = steps[i]! - 1;
      if (step > sums.length) {
        throw stepError(name, sums.length + 1, "selections", `step ${step + 1}`);
      }
      sums[step] = (sums[step] ?? 0) + rows[i]!;
      counts[step] = (counts[step] ?? 0) + 1;
    }
  }
}

function entries(sums: number[], counts: number[], expected: number, sample: string): number[] {
  return Array.from(sums, (sum, step) => {
    if (counts[step] !== expected) {
      throw stepError(sample, step + 1, `${expected} selections`, `${counts[step] ?? 0}`);
    }
    return roundedQuotient(ROW16_TOKENS * sum, expected);
  });
}

function stepError(sample: string, step: number, expected: string, found: string) {
  return new BudgetTableError(
    `sample ${JSON.stringify(sample)} step ${step}: expected ${expected} but found ${found}`,
  );
}

/** a / b for whole numbers, to the nearest whole number; a tie goes to the even one. */
function roundedQuotient(a: number, b: number): number {
  const whole = Math.floor(a / b);
  const twiceRest = 2 * (a - whole * b);
  const up = twiceRest > b || (twiceRest === b && whole % 2 === 1);
  return up ? whole + 1 : whole;
}
