/**
 * Where two values of JSON that differ do so first, and what each has there, for a message.
 *
 * @example
 * ```ts
 * import { firstDifference } from "./first_difference.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(
 *   firstDifference({ policy: { budget: 64 } }, { policy: { budget: 128 } }),
 *   { name: "policy.budget", ours: "64", theirs: "128" },
 * );
 * ```
 */
export function firstDifference(
  ours: unknown,
  theirs: unknown,
): { readonly name: string; readonly ours: string; readonly theirs: string } {
  const [our, their] = [leaves(ours), leaves(theirs)];
  const names = [...new Set([...our.keys(), ...their.keys()])];
  const name = names.find((name) => our.get(name) !== their.get(name));
  // Names come in another order, or one has an empty object where the other has none.
  if (name === undefined) return { name: "order of settings", ours: "as now", theirs: "another" };
  const show = (values: Map<string, string>) => (values.get(name) ?? "nothing").slice(0, 80);
  return { name, ours: show(our), theirs: show(their) };
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
