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
  const [our, their] = [leaves(ours), leaves(theirs)];
  const names = [...new Set([...our.keys(), ...their.keys()])];
  const differs = names.find((name) => our.get(name) !== their.get(name)) ?? "order of settings";
  const show = (values: Map<string, string>) => (values.get(differs) ?? "nothing").slice(0, 80);
  return new EvaluationInputError(
    `${path}: results of another run: expected ${differs} ${show(our)} but found ${show(their)}`,
    "another folder",
  );
}

/** Values within nested objects, as JSON, by the names on the way to them. */
function leaves(value: unknown, path: readonly string[] = []): Map<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return new Map([[path.join("."), JSON.stringify(value)]]);
  }
  return new Map(
    Object.entries(value).flatMap(([name, field]) => [...leaves(field, [...path, name])]),
  );
}
