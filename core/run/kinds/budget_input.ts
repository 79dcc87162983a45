/**
 * Budgets of the steps as content of their own: a table of 32,000 is no part of a spec.
 *
 * @module
 */
import { parseBudgetTable } from "../../system/budgets.ts";
import { canonicalJson } from "../canonical_json.ts";
import { checkSpec } from "../check_spec.ts";
import { sha256 } from "../digest.ts";
import { type ExperimentInput, whole } from "../experiment_schema.ts";
import { SpecError } from "../spec_error.ts";
import type { FindInput } from "./kind.ts";
import * as v from "valibot";

type SparsityInput = NonNullable<ExperimentInput["sparsity"]>;

const AT = ["experiment", "sparsity"];
const storedBudgets = v.pipe(v.array(whole("tokens", 1, 2 ** 24)), v.minLength(1));

/**
 * The budgets that a sparsity names in one way or another, if it does.
 *
 * @throws {SpecError} when a table's line is no budget, or content is unknown or no list of budgets
 */
export function readBudgets(
  { kvBudgets, kvBudgetTable }: SparsityInput,
  find: FindInput,
): readonly number[] | undefined {
  if (kvBudgetTable) return tableBudgets(kvBudgetTable);
  if (typeof kvBudgets !== "string") return kvBudgets;
  const content = find(kvBudgets);
  if (!content) {
    throw new SpecError("/experiment/sparsity/kvBudgets", unknownContent(kvBudgets));
  }
  return budgetsOfInput(content);
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
