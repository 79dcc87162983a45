/**
 * Specs in a few words.
 *
 * @module
 */
import type { DramSpec } from "../../../../core/run/kinds/dram.ts";
import type { EvaluateSpec } from "../../../../core/run/kinds/evaluate_spec.ts";
import type { SimulateSpec } from "../../../../core/run/kinds/simulate.ts";

import type { Sweep } from "./api.ts";

/** Which tokens a step reads, as a spec or a sweep's point says it. */
interface SparsityLike {
  readonly kvBudget?: number | undefined;
  readonly kvBudgets?: unknown;
  readonly kvBudgetTable?: { readonly name: string };
  readonly trace?: { readonly run: string };
  readonly ratio?: number | undefined;
}

/** What is read, e.g. `"1,024 tokens"`. */
export function readText(sparsity: SparsityLike | null): string {
  if (sparsity === null) return "full attention";
  const { kvBudget, kvBudgets, kvBudgetTable, trace, ratio } = sparsity;
  if (kvBudget !== undefined) return `${kvBudget.toLocaleString("en")} tokens`;
  if (ratio !== undefined) return `${+(ratio * 100).toFixed(2)} % of rows`;
  if (trace) return `rows of ${shortId(trace.run)}`;
  if (kvBudgetTable) return kvBudgetTable.name;
  return typeof kvBudgets === "string" ? `table ${kvBudgets.slice(7, 13)}` : "list of budgets";
}

/** A run in a line. */
export function titleOf(spec: SimulateSpec | DramSpec | EvaluateSpec): string {
  const tokens = (count: number) => count.toLocaleString("en");
  if (spec.kind === "dram") {
    const { keptTokens, contextTokens, heads } = spec.program;
    return `Memory program: ${tokens(keptTokens)} of ${
      tokens(contextTokens)
    } tokens, ${heads} heads`;
  }
  if (spec.kind === "evaluate") {
    const { model, policy, budget, promptTokens } = spec;
    return `${model.name} under ${policy.name}, budget ${tokens(budget)}, ${
      tokens(promptTokens)
    } + ${tokens(spec.tokens)} tokens`;
  }
  const { model, lin, lout, batch, sparsity } = spec.experiment;
  const read = sparsity === null ? readText(sparsity) : `reading ${readText(sparsity)}`;
  return `${model}, ${tokens(lin)} + ${tokens(lout)} tokens, batch ${batch}, ${read}`;
}

/** A point of a sweep in a line. */
export function pointText(point: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(point).map(([pointer, value]) => {
    if (pointer === "/experiment/sparsity") return readText(value as SparsityLike | null);
    return `${pointer.split("/").at(-1)} ${
      typeof value === "string" ? value : JSON.stringify(value)
    }`;
  });
  return parts.join(", ") || "one run";
}

/** The model of a sweep. */
export function sweepModel({ spec: { base } }: Pick<Sweep, "spec">): string {
  return modelText(base.kind, base.model?.name ?? base.experiment?.model);
}

/** The model that runs of a kind name, or what they have where they name none. */
export function modelText(kind: string | null | undefined, model: unknown): string {
  if (kind === "evaluate") return String(model ?? "tiny-llama");
  return kind === "dram" ? "memory program" : String(model ?? "GPT-175B");
}

/** The beginning of an id, enough to tell runs apart. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}
