import { splitWords } from "../python/text.ts";
import { normalizeAnswer } from "./normalize_answer.ts";

/**
 * F1 of the words two answers share, each as often as it occurs in both, after
 * {@linkcode normalizeAnswer} (LongBench metrics.py).
 *
 * @returns 0 to 1; 0 where nothing is shared, so also for two empty answers
 *
 * @example
 * ```ts
 * import { qaF1 } from "./qa_f1.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(qaF1("The Eiffel Tower", "Eiffel tower, Paris"), 0.8);
 * ```
 */
export function qaF1(prediction: string, answer: string): number {
  const predicted = splitWords(normalizeAnswer(prediction));
  const expected = splitWords(normalizeAnswer(answer));
  const shared = sharedWords(predicted, expected);
  if (shared === 0) return 0;
  const precision = shared / predicted.length;
  const recall = shared / expected.length;
  return (2 * precision * recall) / (precision + recall);
}

function sharedWords(one: readonly string[], other: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of one) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of other) {
    const count = left.get(word) ?? 0;
    if (count > 0) {
      shared++;
      left.set(word, count - 1);
    }
  }
  return shared;
}
