/**
 * Schemas of objects. Valibot's own take a list for an object without keys, and say of a key that is
 * missing only what it is called.
 *
 * @module
 */
import * as v from "valibot";
import { messageOf, shown } from "./expectation.ts";

/**
 * An object with these keys and no others.
 *
 * @example
 * ```ts
 * import { strictObject } from "./object_schema.ts";
 * import { expecting } from "./expectation.ts";
 * import * as v from "valibot";
 * import { deepEqual } from "node:assert/strict";
 *
 * const schema = strictObject({ tokens: v.number(expecting("a number")) });
 * const messages = [[], {}].map((value) => v.safeParse(schema, value).issues?.[0].message);
 * deepEqual(messages, [
 *   "Expected an object but found []",
 *   "Expected a number but found nothing",
 * ]);
 * ```
 */
export function strictObject<const Entries extends v.ObjectEntries>(entries: Entries) {
  return withoutLists(v.strictObject(entries, (issue) => objectMistake(issue, entries)));
}

/** An object whose keys, and whose values, are all alike. */
export function record<
  const Key extends v.BaseSchema<string, string | number | symbol, v.BaseIssue<unknown>>,
  const Value extends v.GenericSchema,
>(key: Key, value: Value) {
  return withoutLists(v.record(key, value, ({ input }) => noObject(input)));
}

function objectMistake(
  { input, expected, path }: v.StrictObjectIssue,
  entries: v.ObjectEntries,
): string {
  const last = path?.at(-1);
  if (last === undefined) return noObject(input);
  if (expected === "never") return `Expected no such key but found ${shown(last.key)}`;
  // What is missing is told as what it should be.
  const entry = entries[String(last.key)];
  const issue = entry && v.safeParse(entry, undefined).issues?.[0];
  return issue ? messageOf(issue) : `Expected ${expected} but found nothing`;
}

function noObject(input: unknown): string {
  return `Expected an object but found ${shown(input)}`;
}

/** A schema of objects that refuses lists as it does everything else that is none. */
function withoutLists<const Schema extends v.GenericSchema>(schema: Schema): Schema {
  const run = schema["~run"];
  return {
    ...schema,
    "~run"(this: Schema, dataset: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>) {
      if (!Array.isArray(dataset.value)) return run.call(this, dataset, config);
      v._addIssue(this, "type", dataset, config);
      return dataset;
    },
  };
}
