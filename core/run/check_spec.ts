import * as v from "valibot";
import { messageOf } from "./expectation.ts";
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

/**
 * Checks that text is made of whole characters: half of one has no bytes in UTF-8, by which all text
 * is known.
 *
 * @param value of a resolved spec: no deeper than its schema, and without the content it refers to
 * @throws {SpecError} naming the first text that is not
 */
export function checkCharacters(value: unknown, at: readonly string[] = []) {
  if (typeof value === "string") {
    if (value.isWellFormed()) return;
    throw new SpecError(pointerTo(at), "Expected text but found half a character in it");
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    checkCharacters(key, [...at, key]);
    checkCharacters(part, [...at, key]);
  }
}
