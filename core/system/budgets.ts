/**
 * Budgets: how many tokens each decode step may read, from a list or a table.
 *
 * @module
 */

/** Most tokens a budget may name. */
export const MOST_BUDGET_TOKENS = 2 ** 24;

/**
 * Budgets of the steps from a list as typed, e.g. `"256,512,1024"`.
 *
 * @throws {RangeError} when an entry is no whole number of tokens, at least 1
 *
 * @example
 * ```ts
 * import { parseBudgetList } from "./budgets.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(parseBudgetList("256, 512,1024"), [256, 512, 1024]);
 * ```
 */
export function parseBudgetList(text: string): number[] {
  return text.split(",").map((entry, i) =>
    parseTokens(entry.trim(), `--kv_budget_dict entry ${i + 1}`)
  );
}

/**
 * Budgets of the steps from the text of a table. Entry i is for the step with `lin + 1 + i` tokens.
 *
 * A `.txt` file has one number a line, `#` starting a comment line; a `.csv` file a header row and
 * the numbers in its first column, where a decimal fraction is cut off, as the artifact does
 * (STARC main.py). Empty lines are skipped.
 *
 * @param name file name, for its extension and for messages
 * @throws {RangeError} when the format is another, an entry is no whole number of tokens of at
 * least 1, a `.csv` has no header, or there is none
 *
 * @example
 * ```ts
 * import { parseBudgetTable } from "./budgets.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(parseBudgetTable("# Quest\n1024\n1040\n", "kv.txt"), [1024, 1040]);
 * deepEqual(parseBudgetTable("tokens,step\n1024,0\n1040,1\n", "kv.csv"), [1024, 1040]);
 * ```
 */
export function parseBudgetTable(text: string, name: string): number[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const budgets = lines.flatMap(lineParser(name));
  if (budgets.length === 0) {
    throw new RangeError(`Expected ${name} to hold at least one budget but found none`);
  }
  return budgets;
}

type LineParser = (line: string, index: number) => number[];

function lineParser(name: string): LineParser {
  const place = (index: number) => `${name} line ${index + 1}`;
  switch (/\.(\w+)$/.exec(name)?.[1]?.toLowerCase()) {
    case "txt":
      return (line, index) => {
        const entry = line.trim();
        return entry === "" || entry.startsWith("#") ? [] : [parseTokens(entry, place(index))];
      };
    case "csv":
      return (line, index) => {
        if (line.trim() === "") return [];
        const entry = line.split(",")[0]!.trim().replace(/^"(.*)"$/, "$1");
        if (index === 0) return noBudget(entry, place(index));
        return [parseTokens(entry.replace(/^(\d+)\.\d*$/, "$1"), place(index))];
      };
    case "xlsx":
    case "xls":
      throw new RangeError(
        `Expected ${name} to be a .txt or .csv file but found a workbook: save it as .csv`,
      );
    default:
      throw new RangeError(
        `Expected ${name} to be a .txt or .csv file but found another extension`,
      );
  }
}

/** A table that begins with a budget has no header, and its first budget would be lost. */
function noBudget(entry: string, place: string): [] {
  if (!/^\+?\d+(\.\d*)?$/.test(entry) || Number(entry) < 1) return [];
  throw new RangeError(
    `${place}: expected a header, as tables in .csv have, but found ${JSON.stringify(entry)}`,
  );
}

function parseTokens(entry: string, place: string): number {
  const tokens = /^\+?\d+$/.test(entry) ? Number(entry) : NaN;
  if (tokens >= 1 && tokens <= MOST_BUDGET_TOKENS) return tokens;
  const expected = Number.isNaN(tokens)
    ? "a whole number of tokens"
    : `from 1 to ${MOST_BUDGET_TOKENS} tokens`;
  throw new RangeError(
    `${place}: expected ${expected} but found ${JSON.stringify(entry.slice(0, 60))}`,
  );
}

/** The budget of a step, counted from 0: the table's last entry where it is too short. */
export function budgetOfStep(budgets: readonly number[], step: number): number {
  return budgets[Math.min(step, budgets.length - 1)]!;
}
