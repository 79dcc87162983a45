/**
 * Messages "Expected … but found …", written and read.
 *
 * @module
 */
import type * as v from "valibot";

/** What was wanted and what was there instead. */
interface Expectation {
  readonly expected: string;
  readonly received: string;
}

/** Longest part of a value that a message repeats. */
const SHOWN_CHARACTERS = 80;

/** The message of a schema that wants `what`. */
export function expecting(what: string): (issue: { readonly input: unknown }) => string {
  return ({ input }) => `Expected ${what} but found ${shown(input)}`;
}

/** What an issue of a schema says, in that form. */
export function messageOf(issue: v.BaseIssue<unknown>): string {
  if (issue.message.includes(" but found ")) return issue.message;
  if (issue.expected === "never") return `Expected no such key but found ${shown(issue.input)}`;
  return `Expected ${issue.expected ?? issue.message} but found ${shown(issue.input)}`;
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  // A number too large for JavaScript is infinite, which JSON cannot say.
  const text = typeof value === "number" ? String(value) : JSON.stringify(value) ?? String(value);
  return shortened(text, SHOWN_CHARACTERS);
}

/** A text, its end left out where it is longer than so many characters. */
export function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/**
 * The two halves of a message, if it is one.
 *
 * @example
 * ```ts
 * import { readExpectation } from "./expectation.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(readExpectation("Expected --lout to be at least 2 but found 1"), {
 *   expected: "--lout to be at least 2",
 *   received: "1",
 * });
 * ```
 */
export function readExpectation(message: string): Expectation | undefined {
  const found = /\b[Ee]xpected (.+?),? but found:? (.+)$/s.exec(message);
  return found ? { expected: found[1]!, received: found[2]! } : undefined;
}
