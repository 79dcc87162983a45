import { splitWords } from "../python/text.ts";
import { longestCommonWords } from "./longest_common_words.ts";

/** How to score. */
interface RougeLOptions {
  /**
   * Calls after which the reference's recursive reconstruction of a common subsequence fails, which
   * makes the score 0. CPython 3.8 to 3.10 at its default recursion limit of 1000 has room for 989
   * below LongBench's eval.py; `Infinity` takes the defect away.
   *
   * @default {989}
   */
  recursionLimit?: number;
}

/**
 * Summary-level ROUGE-L F as LongBench takes it from the Python package `rouge` 1.0.1 (pltrdy),
 * which is not Lin's definition.
 *
 * Sentences end at full stops only. The words of one longest common subsequence of every pair of
 * sentences make one set; its size over the number of *distinct* words of the answer is the recall,
 * over those of the prediction the precision. A prediction or answer without a sentence scores 0,
 * and so does a pair of sentences too long for the reference's recursion.
 *
 * @returns 0 to 1
 *
 * @example
 * ```ts
 * import { rougeL } from "./rouge_l.ts";
 * import { ok } from "node:assert/strict";
 *
 * // Shared: "the cat sat"; 4 distinct words in one, 3 in the other.
 * ok(Math.abs(rougeL("the cat sat", "the black cat sat") - 6 / 7) < 1e-7);
 * ```
 */
export function rougeL(prediction: string, answer: string, options: RougeLOptions = {}): number {
  const limit = options.recursionLimit ?? 989;
  const predicted = sentences(prediction);
  const expected = sentences(answer);
  if (predicted.length === 0 || expected.length === 0) return 0;
  const shared = new Set<string>();
  for (const reference of expected) {
    for (const hypothesis of predicted) {
      const common = longestCommonWords(reference, hypothesis, limit);
      if (!common) return 0;
      for (const word of common) shared.add(word);
    }
  }
  const recall = shared.size / distinctWords(expected);
  const precision = shared.size / distinctWords(predicted);
  return 2 * ((precision * recall) / (precision + recall + 1e-8));
}

/** A blank piece between full stops is a sentence of one empty word. */
function sentences(text: string): string[][] {
  const pieces = text.split(".").filter((piece) => piece !== "");
  return pieces.map((piece) => splitWords(piece).join(" ").split(" "));
}

function distinctWords(text: readonly (readonly string[])[]): number {
  return new Set(text.flat()).size;
}
