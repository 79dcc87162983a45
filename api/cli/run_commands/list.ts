import type { RunRecord, RunState } from "../../../core/run/run_record.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import type { StoreOptions } from "../run_store.ts";
import type { Surroundings } from "../surroundings.ts";
import { plainTable } from "../table.ts";

/** Options of {@linkcode list}. */
export interface ListOptions extends StoreOptions {
  readonly state?: RunState;
  readonly limit: number;
  readonly json?: true;
}

const HEAD = ["run", "state", "created", "what"];

/** Lists runs, the newest first. */
export function list(
  { store }: RunService,
  { state, limit, json }: ListOptions,
  { out }: Surroundings,
) {
  const runs = store.list({ limit, ...state && { state } });
  if (json) return out(`${JSON.stringify(runs, null, 2)}\n`);
  if (runs.length === 0) return out("There are no runs.\n");
  out(`${plainTable([HEAD, ...runs.map(rowOf)], ["left", "left", "left", "left"])}\n`);
}

function rowOf({ id, state, createdAt, spec }: RunRecord): string[] {
  const created = new Date(createdAt).toISOString().slice(0, 19).replace("T", " ");
  return [id.slice(0, 12), state, created, titleOf(spec)];
}

/** A run in a few words. */
function titleOf(spec: RunRecord["spec"]): string {
  if (spec.kind === "dram") {
    const { contextTokens, keptTokens, heads } = spec.program;
    return `dram: ${keptTokens} of ${contextTokens} tokens, ${heads} heads`;
  }
  if (spec.kind === "evaluate") {
    const { policy, budget, model, promptTokens, tokens } = spec;
    return `${model.name} under ${policy.name}, budget ${budget}, ${promptTokens} + ${tokens} tokens`;
  }
  const { model, system, lin, lout, batch, sparsity } = spec.experiment;
  return `${model} on ${system}, ${lin} + ${lout} tokens, batch ${batch}, ${readText(sparsity)}`;
}

type Sparsity = Extract<RunRecord["spec"], { kind: "simulate" }>["experiment"]["sparsity"];

function readText(sparsity: Sparsity): string {
  if (sparsity === null) return "all read";
  if (sparsity.kvBudgets !== undefined) return "a table read";
  return sparsity.kvBudget === undefined
    ? `${sparsity.ratio} of the rows read`
    : `${sparsity.kvBudget} tokens read`;
}
