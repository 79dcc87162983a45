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
  type PolicySettings,
  settlePolicy,
} from "../policy/open_policy.ts";
import { fileNameOf, type PolicyChoice } from "../policy/policy_choice.ts";
import { suffixedPath } from "../suffixed_path.ts";
import { UserError } from "../user_error.ts";

/** A policy with what came of its evaluation. */
export interface PolicyResult {
  readonly choice: PolicyChoice;
  readonly record: EvaluationRecord;
}

/** Runs an action under each policy. */
export async function underEach(
  { policies }: Pick<OpenPolicies, "policies">,
  checkpoint: Checkpoint,
  settings: PolicySettings,
  action: (choice: PolicyChoice, settled: SettledPolicy) => Promise<EvaluationRecord>,
): Promise<PolicyResult[]> {
  const results: PolicyResult[] = [];
  for (const opened of policies) {
    const { choice } = opened;
    const settled = await settlePolicy(opened, settings, checkpoint.model.config.layers);
    const record = await namingPlugin(choice, () => action(choice, settled));
    results.push({ choice, record });
  }
  return results;
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

/**
 * Makes a folder.
 *
 * @throws {UserError} when it cannot be made
 */
export function makeFolder(option: string, path: string) {
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch {
    throw new UserError(`${option}: expected a folder that can be made but found ${path}`);
  }
}
