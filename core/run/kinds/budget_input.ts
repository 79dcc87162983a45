/**
 * Budgets of the steps as content of their own: a table of 32,000 is no part of a spec.
 *
 * @module
 */
import { tile } from "../../attention/budget_table.ts";
import { parseBudgetTable } from "../../system/budgets.ts";
import { canonicalJson } from "../canonical_json.ts";
import { checkSpec } from "../check_spec.ts";
import { sha256 } from "../digest.ts";
import { type ExperimentInput, whole } from "../experiment_schema.ts";
import { SpecError } from "../spec_error.ts";
import type { Sources } from "./kind.ts";
import * as v from "valibot";

type SparsityInput = NonNullable<ExperimentInput["sparsity"]>;

const AT = ["experiment", "sparsity"];
const storedBudgets = v.pipe(v.array(whole("tokens", 1, 2 ** 24)), v.minLength(1));

/** Name of the output that holds the budgets of a run's steps, a number a line. */
export const BUDGETS_FILE = "budgets.txt";

/**
 * The budgets that a sparsity names in one way or another, if it does.
 *
 * @param lout tokens that are generated
 * @throws {SpecError} when a table's line is no budget, content is unknown or no list of budgets, or
 *   a run's trace has too few steps
 */
export function readBudgets(
  { kvBudgets, kvBudgetTable, trace }: SparsityInput,
  lout: number,
  sources: Pick<Sources, "content" | "outputOf">,
): readonly number[] | undefined {
  if (kvBudgetTable) return tableBudgets(kvBudgetTable);
  if (trace) return traceBudgets(trace, lout, sources);
  if (typeof kvBudgets !== "string") return kvBudgets;
  const content = sources.content(kvBudgets);
  if (!content) {
    throw new SpecError("/experiment/sparsity/kvBudgets", unknownContent(kvBudgets));
  }
  return budgetsOfInput(content);
}

/** What each decode step of an evaluation read, in whole rows where the policy placed them. */
function traceBudgets(
  { run, repeat }: NonNullable<SparsityInput["trace"]>,
  lout: number,
  { outputOf }: Pick<Sources, "outputOf">,
): readonly number[] {
  const table = outputOf(run, BUDGETS_FILE);
  const at = "/experiment/sparsity/trace";
  if (!table) {
    throw new SpecError(`${at}/run`, `Expected an evaluation that is done but found ${run}`);
  }
  const budgets = parseBudgetTable(new TextDecoder().decode(table), BUDGETS_FILE);
  // The prompt's own pass makes the first token.
  const steps = Math.max(1, lout - 1);
  if (budgets.length >= steps) return budgets.slice(0, steps);
  if (repeat) return tile(budgets, steps);
  throw new SpecError(
    at,
    `Expected at least ${steps} steps, as lout ${lout} decodes, but found ${budgets.length}; ` +
      "repeat says to repeat them",
  );
}

function tableBudgets({ name, text }: { name: string; text: string }): readonly number[] {
  try {
    return parseBudgetTable(text, name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SpecError("/experiment/sparsity/kvBudgetTable", error.message);
  }
}

function unknownContent(reference: string): string {
  return `Expected content that this store has kept but found ${reference}`;
}

/** Budgets as content, and how a spec refers to it. */
export function budgetInput(budgets: readonly number[]): readonly [string, Uint8Array] {
  const bytes = new TextEncoder().encode(canonicalJson(budgets));
  return [`sha256:${sha256(bytes)}`, bytes];
}

/**
 * Budgets of content that {@linkcode budgetInput} made.
 *
 * @throws {SpecError} when it is something else
 */
export function budgetsOfInput(content: Uint8Array): readonly number[] {
  return checkSpec(storedBudgets, parsed(content), [...AT, "kvBudgets"]);
}

function parsed(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch {
    return "other content";
  }
}
