import { shareOfNumbers } from "./share_of_numbers.ts";

/**
 * The share of the prediction's numbers that are the answer (LongBench metrics.py,
 * passage_count).
 *
 * @example
 * ```ts
 * import { count } from "./count.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(count("There are 7 paragraphs, 12 with duplicates.", "7"), 0.5);
 * ```
 */
export function count(prediction: string, answer: string): number {
  return shareOfNumbers(prediction, answer);
}
