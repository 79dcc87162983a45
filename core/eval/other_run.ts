import { firstDifference } from "../attention/first_difference.ts";
import { EvaluationInputError } from "./input_error.ts";

/**
 * What to throw where results of other settings lie in the place of a run's: they are not touched.
 *
 * @param path the results
 * @param ours what makes the run what it is, as JSON holds it
 * @param theirs the same of the results that are there
 *
 * @example
 * ```ts
 * import { otherRun } from "./other_run.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(
 *   otherRun("a.json", { policy: { budget: 64 } }, { policy: { budget: 128 } }).message,
 *   "a.json: results of another run: expected policy.budget 64 but found 128",
 * );
 * ```
 */
export function otherRun(path: string, ours: unknown, theirs: unknown): EvaluationInputError {
  const differs = firstDifference(ours, theirs);
  return new EvaluationInputError(
    `${path}: results of another run: expected ${differs.name} ${differs.ours} but found ` +
      differs.theirs,
    "another folder",
  );
}
