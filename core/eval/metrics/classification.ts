import type { MetricContext } from "./metric.ts";

/**
 * 1 / n if the answer is among the n classes named in a prediction, else 0 (LongBench metrics.py).
 *
 * Classes are named by occurring in the prediction, case and all. Of these, proper parts of the
 * answer are dropped, by a loop that removes from the list it walks along and so passes over the
 * entry behind each one it removes.
 *
 * @example
 * ```ts
 * import { classification } from "./classification.ts";
 * import { equal } from "node:assert/strict";
 *
 * const classes = ["Person", "Place", "Date"];
 * equal(classification("Type: Place or Date", "Place", { classes }), 0.5);
 * ```
 */
export function classification(
  prediction: string,
  answer: string,
  { classes }: MetricContext,
): number {
  const named = classes.filter((name) => prediction.includes(name));
  for (let i = 0; i < named.length; i++) {
    const name = named[i]!;
    if (answer.includes(name) && name !== answer) named.splice(named.indexOf(name), 1);
  }
  return named.includes(answer) ? 1 / named.length : 0;
}
