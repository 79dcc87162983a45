/**
 * Cuts running text into sentences: behind a full stop, question or exclamation mark, with closing
 * quotes and brackets, if the next word does not begin in lower case and the last is no initial or
 * common abbreviation.
 *
 * RULER uses a trained model (NLTK's Punkt) here; this rule cuts nearly everywhere it does.
 *
 * @param words words of the text, without white space
 *
 * @example
 * ```ts
 * import { sentences } from "./sentences.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(sentences("Mr. Fox ran. (Why?) He did.".split(" ")), [
 *   "Mr. Fox ran.",
 *   "(Why?)",
 *   "He did.",
 * ]);
 * ```
 */
export function sentences(words: readonly string[]): string[] {
  const found: string[] = [];
  let start = 0;
  for (let i = 0; i < words.length; i++) {
    const next = words[i + 1];
    if (next !== undefined && !(ENDS.test(words[i]!) && !LOWER.test(next))) continue;
    if (next !== undefined && ABBREVIATION.test(words[i]!)) continue;
    found.push(words.slice(start, i + 1).join(" "));
    start = i + 1;
  }
  return found;
}

const ENDS = /[.?!]["')\]\u2019\u201d]*$/;
const LOWER = /^["'([\u2018\u201c]*\p{Ll}/u;
const ABBREVIATION =
  /^["'([\u2018\u201c]*(?:\p{Lu}|Mr|Mrs|Ms|Dr|St|Prof|Jr|Sr|vs|etc|e\.g|i\.e|cf|No|Vol)\.$/u;
