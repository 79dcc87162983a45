/**
 * Says in words what valibot finds wrong with a JSON file.
 *
 * @module
 */
import type * as v from "valibot";

type Issue = v.BaseIssue<unknown>;

/** What does not fit, for a message. */
interface IssueWords {
  /** Names and indices from the outermost on; empty for the whole file. */
  readonly place: string;
  readonly expected: string;
  readonly found: string;
}

/** By the names valibot has for kinds of values, and for what it checks of them. */
const EXPECTED: Readonly<Record<string, (issue: Issue) => string>> = {
  array: () => "a list",
  boolean: () => "true or false",
  number: () => "a number",
  string: () => "a string",
  object: expectedOfObject,
  loose_object: expectedOfObject,
  record: () => "an object",
  picklist: ({ expected }) => `one of ${expected!.replace(/^\(|\)$/g, "").replaceAll(" | ", ", ")}`,
  integer: () => "a whole number",
  safe_integer: () => "a whole number",
  finite: () => "a finite number",
  digits: () => "digits",
  gt_value: ({ requirement }) => `over ${requirement}`,
  min_value: ({ requirement }) => `at least ${requirement}`,
  max_value: ({ requirement }) => `at most ${requirement}`,
  min_length: ({ requirement }) => `of length ${requirement} or more`,
  custom: ({ message }) => message,
};

const FOUND: Readonly<Record<string, string>> = {
  Array: "a list",
  Object: "an object",
  undefined: "none",
};

/** Strings of files may be as long as these are. */
const CHARACTERS_SHOWN = 60;

/**
 * Describes an issue. Where none of several forms fits, it is what keeps the value from the form it
 * comes nearest to.
 *
 * @example
 * ```ts
 * import * as v from "valibot";
 * import { describeIssue } from "./issue_words.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const schema = v.object({ ids: v.union([v.number(), v.array(v.number())]) });
 * const { issues } = v.safeParse(schema, { ids: [1, "x"] });
 * deepEqual(describeIssue(issues![0]), {
 *   place: "ids.1",
 *   expected: "a number",
 *   found: '"x"',
 * });
 * ```
 */
export function describeIssue(issue: Issue): IssueWords {
  const nearest = innermost(issue);
  return {
    place: (nearest.path ?? []).map(({ key }) => nameOf(key)).join("."),
    expected: expectedOf(nearest),
    found: foundOf(nearest),
  };
}

function innermost(issue: Issue): Issue {
  const depth = ({ path }: Issue) => path?.length ?? 0;
  const [nearest] = (issue.issues ?? []).map(innermost).sort((a, b) => depth(b) - depth(a));
  if (!nearest?.path) return issue;
  return { ...nearest, path: [...issue.path ?? [], ...nearest.path] };
}

/** Names with dots or spaces in them, as tensors and tokens have, are quoted. */
function nameOf(key: unknown): string {
  const name = String(key);
  return /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
}

function expectedOf(issue: Issue): string {
  if (issue.issues) return [...new Set(issue.issues.map(expectedOf))].join(" or ");
  return EXPECTED[issue.type]?.(issue) ?? issue.expected ?? issue.message;
}

/** Of a field that is missing, valibot expects its name. */
function expectedOfObject({ expected }: Issue): string {
  return expected === "Object" ? "an object" : "a value";
}

function foundOf({ input, received }: Issue): string {
  if (received.startsWith('"')) return quoted(String(input));
  return FOUND[received] ?? received;
}

function quoted(text: string): string {
  const shown = text.length <= CHARACTERS_SHOWN ? text : `${text.slice(0, CHARACTERS_SHOWN)}...`;
  return JSON.stringify(shown);
}
