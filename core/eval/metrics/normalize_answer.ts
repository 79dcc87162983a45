import { splitWords } from "../python/text.ts";

/** ASCII punctuation: Python's `string.punctuation`. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

/** A whole word; letters, digits and the underscore of any script make words, as in Python. */
const ARTICLE = /(?<![\p{L}\p{N}_])(a|an|the)(?![\p{L}\p{N}_])/gu;

/**
 * An answer without what does not matter: in lower case, ASCII punctuation deleted, the words "a",
 * "an" and "the" deleted, white space collapsed (LongBench metrics.py; SQuAD's evaluation).
 *
 * @example
 * ```ts
 * import { normalizeAnswer } from "./normalize_answer.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(normalizeAnswer("  The U.S.  Senate, a chamber"), "us senate chamber");
 * ```
 */
export function normalizeAnswer(text: string): string {
  const words = text.toLowerCase().replace(PUNCTUATION, "").replace(ARTICLE, " ");
  return splitWords(words).join(" ");
}
