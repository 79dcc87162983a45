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

/** A row of the reference by column name, with `variant`, `cmd`, `note` and exit code `rc`. */
export type Row = Readonly<Record<string, string>>;

/** Rows of a CSV text by column name. */
export function csvRecords(text: string): Row[] {
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

/** What each variant of the reference is here. */
export const VARIANTS: Readonly<Record<string, SystemOptions>> = {
  starc: { profile: "artifact", clustering: "last-step" },
  starc_nocl: { profile: "artifact", clustering: "none" },
  starc_fix: { profile: "artifact", clustering: "none" },
  attacc: { profile: "attacc" },
};

type Defect = [note: RegExp, applies: (row: Row) => boolean, switches: Record<string, string>];

/** The defects that notes name, as switches. */
const DEFECTS: Defect[] = [
  // An empty cache: the first step's traffic is counted as read back, the others' as just run.
  [/^no cache/, ({ hw }) => hw === "BUFFER", { "buffer-traffic": "fresh" }],
  // The cache that AttAcc ships was made by its first commit's generators.
  [/shipped ramulator\.out/, () => true, { "odd-tail": "per-step" }],
  // A broken trace is taken for no cycles.
  [/cluster on last step|with cluster \(39 heads/, () => true, { "pair-clustering": "zero" }],
];

/**
 * The experiment of a row: its command line, its variant and the defect that its note names.
 *
 * @param budgetsOf budgets of a table that `--kv_budget_table` names
 */
export function specOfRow(row: Row, budgetsOf: (table: string) => number[]): SystemSpec {
  const switches = DEFECTS
    .filter(([note, applies]) => note.test(row.note!) && applies(row))
    .map(([, , switches]) => switches);
  const options = { ...VARIANTS[row.variant!], switches: Object.assign({}, ...switches) };
  return specOfCommand(row.cmd!, options, budgetsOf);
}

/** Compares a row with the reference's cells: numbers to 1e-9 of their size, the rest as text. */
export function equalsReference(row: SystemRow, cells: Row) {
  for (const { name, kind } of columns) {
    const expected = cells[name] ?? "";
    const found = row[name];
    if (kind === "float" || kind === "size") {
      const error = Math.abs(Number(found) - Number(expected));
      ok(
        expected !== "" && error <= 1e-9 * Math.abs(Number(expected)),
        `Expected ${name} to be ${expected} but found ${found}`,
      );
    } else {
      equal(formatValue(kind, found), expected, name);
    }
  }
}
