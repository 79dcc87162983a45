/**
 * One evaluation under several policies, one after the other.
 *
 * @module
 */
import type { Checkpoint } from "../../../core/eval/checkpoint.ts";
import type { SettledPolicy } from "../../../core/eval/checkpoint_model.ts";
import type { EvaluationRecord } from "../../../core/eval/evaluation_record.ts";
import {
  namingPlugin,
  type OpenPolicies,
  settleOpenPolicy,
  type SettleOptions,
} from "../policy/open_policy.ts";
import { fileNameOf, type PolicyChoice } from "../policy/policy_choice.ts";
import { suffixedPath } from "../suffixed_path.ts";

/** A policy with everything about it settled. */
export interface SettledChoice {
  readonly choice: PolicyChoice;
  readonly settled: SettledPolicy;
}

/** A policy with what came of its evaluation. */
export interface PolicyResult {
  readonly choice: PolicyChoice;
  readonly record: EvaluationRecord;
}

/**
 * Settles every policy and opens it once as decoding will, so that what the last one lacks is found
 * before the first one decodes.
 *
 * @throws {UserError} when a calibration is missing, a dense layer does not exist, a limit is too low
 *   to begin with, or a policy refuses the model's shape
 */
export async function settleAll(
  { policies }: Pick<OpenPolicies, "policies">,
  { model }: Pick<Checkpoint, "model">,
  settings: SettleOptions,
): Promise<SettledChoice[]> {
  const runs: SettledChoice[] = [];
  for (const opened of policies) {
    const { choice } = opened;
    const settled = await settleOpenPolicy(opened, settings, model.config.layers);
    const { policy, identity: { denseLayers } } = settled;
    await namingPlugin(choice, () => model.tryPolicy({ policy, denseLayers }));
    runs.push({ choice, settled });
  }
  return runs;
}

/** Runs an action under each policy. */
export async function underEach<Run extends SettledChoice>(
  runs: readonly Run[],
  action: (run: Run) => Promise<EvaluationRecord>,
): Promise<PolicyResult[]> {
  const results: PolicyResult[] = [];
  for (const run of runs) {
    const { choice } = run;
    results.push({ choice, record: await namingPlugin(choice, () => action(run)) });
  }
  return results;
}

/** Results as `--json` prints them: by the policy's name as given, and the task where there are. */
export function resultsJson(results: readonly (PolicyResult & { readonly task?: string })[]) {
  const entries = results.map(({ choice, task, record }) => ({
    policy: choice.label,
    ...task !== undefined && { task },
    record,
  }));
  return `${JSON.stringify({ results: entries }, null, 2)}\n`;
}

/**
 * Where the trace of a policy goes: the path given, with the policy's name in it where there are
 * several policies.
 *
 * @example
 * ```ts
 * import { tracePathOf } from "./policy_runs.ts";
 * import { parsePolicies } from "../policy/policy_choice.ts";
 * import { equal } from "node:assert/strict";
 *
 * const [full, starc] = parsePolicies("full,starc");
 * equal(tracePathOf("a/run.trace", starc!, [full!, starc!]), "a/run-starc.trace");
 * equal(tracePathOf("a/run.trace", starc!, [starc!]), "a/run.trace");
 * ```
 */
export function tracePathOf<Path extends string | undefined>(
  path: Path,
  choice: PolicyChoice,
  choices: readonly PolicyChoice[],
): Path | string {
  if (path === undefined || choices.length === 1) return path;
  return suffixedPath(path, fileNameOf(choice));
}
