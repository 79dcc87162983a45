/**
 * Where the budgets of a run come from: a number, a list, a table, an attention trace.
 *
 * @module
 */
import { basename } from "node:path";
import { errorWords } from "../../../core/files/error_words.ts";
import { readTextAtMost } from "../../../core/files/read_bytes.ts";
import {
  MOST_BUDGET_TOKENS,
  parseBudgetList,
  parseBudgetTable,
} from "../../../core/system/budgets.ts";
import type { SystemSpec } from "../../../core/system/spec.ts";
import type { NamedFiles } from "../own_file.ts";
import { locating, UserError, userFacing } from "../user_error.ts";
import { wholeNumber } from "../values.ts";
import {
  type ExperimentOptions,
  isStarc,
  type Method,
  selectionOf,
  type SimulateOptions,
  type Sparsity,
  toSpec,
} from "./options.ts";
import { isTraceFile, traceBudgets } from "./trace_budgets.ts";

const MOST_TABLE_BYTES = 2 ** 26;

/**
 * Reads the budgets of a table.
 *
 * @param option what named it, for messages
 * @throws {UserError} when it cannot be read, or naming the line that is no number
 */
function readBudgetTable(option: string, path: string): number[] {
  let text: string;
  try {
    text = readTextAtMost(path, MOST_TABLE_BYTES);
  } catch (error) {
    throw new UserError(
      `${option}: expected a table of budgets but found ${path}: ${errorWords(error, "reason")}`,
    );
  }
  return userFacing(() => parseBudgetTable(text, path));
}

/** What `--trace`, or `--sparsity` and the options beside it say. */
export async function sparsityOf(options: ExperimentOptions): Promise<Sparsity> {
  const { kv_budget, kv_budget_dict, kv_budget_table, row_size, sparsity_ratio, trace } = options;
  const rowSize = row_size;
  if (trace !== undefined) {
    return { kvBudgets: await traceBudgets("--trace", trace, options), rowSize };
  }
  if (!options.sparsity) return null;
  if (kv_budget_table !== undefined) {
    return { kvBudgets: readBudgetTable("--kv_budget_table", kv_budget_table), rowSize };
  }
  if (kv_budget_dict !== undefined) {
    return { kvBudgets: userFacing(() => parseBudgetList(kv_budget_dict)), rowSize };
  }
  return kv_budget === 0 ? { ratio: sparsity_ratio, rowSize } : { kvBudget: kv_budget, rowSize };
}

/**
 * Reads `NAME=BUDGET` or `NAME (NOTE)=BUDGET`.
 *
 * @throws {UserError} when it is neither
 *
 * @example
 * ```ts
 * import { parseMethod } from "./budget_source.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(parseMethod("STARC (mean of its table)=1621"), {
 *   name: "STARC",
 *   note: "mean of its table",
 *   budget: "1621",
 * });
 * ```
 */
export function parseMethod(text: string): Method {
  const found = /^([^=()]*[^=()\s])\s*(?:\(([^=()]*)\))?=(.+)$/.exec(text);
  if (found) return { name: found[1]!.trim(), note: found[2] ?? "", budget: found[3]!.trim() };
  throw new UserError(
    "expected NAME=full, NAME=TOKENS, NAME=LIST, NAME=TABLE or NAME=TRACE, a note in brackets after the name, " +
      `but found ${JSON.stringify(text)}`,
  );
}

/**
 * A method's budget in words.
 *
 * @example
 * ```ts
 * import { budgetText } from "./budget_source.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(budgetText("1024"), "1024 tokens");
 * equal(budgetText("tables/kv.txt"), "kv.txt");
 * ```
 */
export function budgetText(budget: string): string {
  if (budget === "full") return "all tokens";
  return /^[\d\s,]+$/.test(budget) ? `${budget} tokens` : basename(budget);
}

/** What are read as files, by what names them. */
export function filesRead({
  trace,
  blocks,
  kv_budget_table,
  memory,
  method = [],
}: SimulateOptions): NamedFiles {
  const paths = method.filter(({ budget }) => budget !== "full" && !/^[+\-\d\s.,]+$/.test(budget));
  return {
    "--trace": trace,
    "--blocks": blocks,
    "--kv_budget_table": kv_budget_table,
    "--memory": memory,
    ...Object.fromEntries(paths.map(({ name, budget }) => [`--method ${name}=${budget}`, budget])),
  };
}

/**
 * What a method reads.
 *
 * @throws {UserError} when its budget is neither `full` nor a number, list, table or trace
 */
async function sparsityOfMethod(
  { name, budget }: Method,
  options: ExperimentOptions,
): Promise<Sparsity> {
  const rowSize = options.row_size;
  if (budget === "full") return null;
  const option = `--method ${name}`;
  const tokens = wholeNumber(1, MOST_BUDGET_TOKENS);
  if (/^[+-]?[\d.]+$/.test(budget)) {
    return { kvBudget: locating(option, () => tokens(budget)), rowSize };
  }
  if (/^[\d\s,]+$/.test(budget)) {
    const kvBudgets = budget.split(",")
      .map((entry, i) => locating(`${option} entry ${i + 1}`, () => tokens(entry.trim())));
    return { kvBudgets, rowSize };
  }
  if (isTraceFile(budget)) {
    return { kvBudgets: await traceBudgets(option, budget, options), rowSize };
  }
  return { kvBudgets: readBudgetTable(option, budget), rowSize };
}

/** The experiment of a method: no other than STARC is charged with clustering. */
export async function specOfMethod(
  method: Method,
  options: ExperimentOptions,
): Promise<SystemSpec> {
  const sparsity = await sparsityOfMethod(method, options);
  const clustering = isStarc(method) ? options.clustering : "none";
  return toSpec(options, sparsity, clustering, selectionOf(options, method.name));
}
