/**
 * For tests only: runs of the reference, as a command line and the row it printed.
 *
 * @module
 */
import { equal, ok } from "node:assert/strict";
import { parse } from "csv/sync";
import { columns, type SystemRow } from "../columns.ts";
import { formatValue } from "../csv.ts";
import { parseSystemSpec, type SystemOptions, type SystemSpec } from "../spec.ts";

/** Rows of a CSV text by column name. */
export function csvRecords(text: string): Record<string, string>[] {
  return parse(text, { columns: true });
}

/**
 * The experiment that a command line of the reference's main.py describes.
 *
 * @param budgetsOf budgets of a table that `--kv_budget_table` names
 */
export function specOfCommand(
  command: string,
  more: SystemOptions,
  budgetsOf: (table: string) => number[] = () => [],
): SystemSpec {
  const words = command.split(" ");
  const has = (name: string) => words.includes(`--${name}`);
  const value = (name: string) => has(name) ? words[words.indexOf(`--${name}`) + 1] : undefined;
  const given = (names: string[], read: (word: string) => unknown) =>
    Object.fromEntries(names.filter(has).map((name) => [name, read(value(name)!)]));
  const list = value("kv_budget_dict")?.split(",").map(Number);
  const table = value("kv_budget_table");
  const kvBudgets = table ? budgetsOf(table) : list;
  const budget = kvBudgets ? { kvBudgets } : { kvBudget: Number(value("kv_budget")) };
  return parseSystemSpec({
    ...given(["system", "gpu", "model", "pim"], String),
    ...given(["ngpu", "gmemcap", "word", "lin", "lout", "batch"], Number),
    powerlimit: has("powerlimit"),
    ffopt: has("ffopt"),
    pipeopt: has("pipeopt"),
    sparsity: has("sparsity") ? { ...budget, rowSize: Number(value("row_size") ?? 16) } : null,
    ...more,
  });
}

/** Compares a row with the reference's cells: numbers within a relative error, the rest as text. */
export function equalsReference(
  row: SystemRow,
  cells: Readonly<Record<string, string>>,
  relativeError = 1e-9,
) {
  for (const { name, kind } of columns) {
    const expected = cells[name] ?? "";
    const found = row[name];
    if (kind === "float" || kind === "size") {
      const error = Math.abs(Number(found) - Number(expected));
      ok(
        expected !== "" && error <= relativeError * Math.abs(Number(expected)),
        `Expected ${name} to be ${expected} but found ${found}`,
      );
    } else {
      equal(formatValue(kind, found), expected, name);
    }
  }
}
