import * as v from "valibot";
import { shown } from "./expectation.ts";
import { pointerTo, SpecError } from "./spec_error.ts";

/**
 * What a schema makes of a value.
 *
 * @param at where the value lies in what the user gave
 * @throws {SpecError} naming the first part that is wrong
 */
export function checkSpec<const Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  at: readonly unknown[] = [],
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const { path, issue } = innermost(result.issues[0]);
  throw new SpecError(pointerTo([...at, ...path]), messageOf(issue));
}

/** Where something can be one of several, the mistake deepest in it says most. */
function innermost(issue: v.BaseIssue<unknown>): Located {
  const path = issue.path?.map(({ key }) => key) ?? [];
  const deeper = issue.issues?.map(innermost).filter((inner) => inner.path.length > 0) ?? [];
  const [deepest] = deeper.sort((a, b) => b.path.length - a.path.length);
  return deepest ? { path: [...path, ...deepest.path], issue: deepest.issue } : { path, issue };
}

interface Located {
  readonly path: readonly unknown[];
  readonly issue: v.BaseIssue<unknown>;
}

function messageOf(issue: v.BaseIssue<unknown>): string {
  if (issue.message.includes(" but found ")) return issue.message;
  if (issue.expected === "never") return `Expected no such key but found ${shown(issue.input)}`;
  return `Expected ${issue.expected ?? issue.message} but found ${shown(issue.input)}`;
}
