/**
 * Python's notion of white space and words, where it differs from JavaScript's: the scores of
 * LongBench and RULER are defined by Python programs.
 *
 * @module
 */

/** White space of Python's `str.split()`: JavaScript's less U+FEFF, and U+001C to U+001F, U+0085. */
const SPACE =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const SPACES = new RegExp(`[${SPACE}]+`);
const OUTER_SPACES = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "g");

/**
 * Words between white space, like `text.split()` in Python.
 *
 * @example
 * ```ts
 * import { splitWords } from "./text.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(splitWords("  one\x1ctwo \u3000three"), ["one", "two", "three"]);
 * deepEqual(splitWords(" "), []);
 * ```
 */
export function splitWords(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== "");
}

/** Takes white space off both ends, like `text.strip()` in Python. */
export function strip(text: string): string {
  return text.replace(OUTER_SPACES, "");
}

/** Takes line feeds off the beginning, like `text.lstrip("\n")` in Python. */
export function stripLeadingNewlines(text: string): string {
  return text.replace(/^\n+/, "");
}

/** The text up to its first line feed, leading ones apart. */
export function firstLine(text: string): string {
  return stripLeadingNewlines(text).split("\n", 1)[0]!;
}
