import { round } from "../python/round.ts";
import { stripLeadingNewlines } from "../python/text.ts";
import { matchingCharacters } from "./matching_characters.ts";

/**
 * How alike the predicted line of code and the answer are: `fuzz.ratio` of fuzzywuzzy 0.18 without
 * python-Levenshtein, over 100 (LongBench metrics.py).
 *
 * The predicted line is the first that holds no backquote and no comment sign (`#`, `//`); without
 * one it is empty. Equal texts score 1, otherwise an empty one 0, otherwise whole percents of
 * 2 * {@linkcode matchingCharacters} / (characters of both), a tie going to the even number.
 *
 * @example
 * ```ts
 * import { codeSimilarity } from "./code_similarity.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(codeSimilarity("# add\nreturn x + 1\n", "return x+1"), 0.91);
 * ```
 */
export function codeSimilarity(prediction: string, answer: string): number {
  const lines = stripLeadingNewlines(prediction).split("\n");
  const line = lines.find((text) => !/`|#|\/\//.test(text)) ?? "";
  if (line === answer) return 1;
  if (line === "" || answer === "") return 0;
  const [a, b] = [[...line], [...answer]];
  const ratio = (2 * matchingCharacters(a, b)) / (a.length + b.length);
  return round(100 * ratio, 0) / 100;
}
