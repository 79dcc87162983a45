import { EvaluationInputError } from "../input_error.ts";
import { round } from "../python/round.ts";
import { firstLine } from "../python/text.ts";
import type { Prediction } from "./files.ts";
import { longBenchTask, type LongBenchTaskName } from "./tasks.ts";

/**
 * The score of a task: 100 times the mean over samples of the best match with any answer, to two
 * decimals (LongBench eval.py). The classes of the last sample hold for all.
 *
 * @returns 0 to 100
 * @throws {EvaluationInputError} if there is no prediction
 *
 * @example
 * ```ts
 * import { scoreTask } from "./score.ts";
 * import { equal } from "node:assert/strict";
 *
 * const predictions = [
 *   { pred: "Paris", answers: ["London", "Paris"], all_classes: null },
 *   { pred: "Rome", answers: ["Bern"], all_classes: null },
 * ];
 * equal(scoreTask("hotpotqa", predictions), 50);
 * ```
 */
export function scoreTask(task: LongBenchTaskName, predictions: readonly Prediction[]): number {
  if (predictions.length === 0) {
    throw new EvaluationInputError(`${task}: expected predictions but found none`);
  }
  const total = sampleScores(task, predictions).reduce((sum, score) => sum + score, 0);
  return round((100 * total) / predictions.length, 2);
}

/** Scores of LongBench-E by length in words; none for a range without samples. */
export interface ScoresByLength {
  "0-4k": number | null;
  "4-8k": number | null;
  "8k+": number | null;
}

/**
 * The scores of a LongBench-E task for samples of fewer than 4000 words, fewer than 8000, and the
 * rest (LongBench eval.py).
 *
 * @throws {EvaluationInputError} if a prediction has no length
 */
export function scoreTaskByLength(
  task: LongBenchTaskName,
  predictions: readonly Prediction[],
): ScoresByLength {
  const scores = sampleScores(task, predictions);
  const mean = (from: number, to: number) => {
    const chosen = scores.filter((_, i) => {
      const { length } = predictions[i]!;
      if (length === undefined) {
        throw new EvaluationInputError(`${task}: expected a length but sample ${i} has none`);
      }
      return length >= from && length < to;
    });
    if (chosen.length === 0) return null;
    const share = chosen.reduce((sum, score) => sum + score, 0) / chosen.length;
    // Here the reference rounds a NumPy number: a hundredfold to a whole number, and back.
    return round(100 * (100 * share), 0) / 100;
  };
  return { "0-4k": mean(0, 4000), "4-8k": mean(4000, 8000), "8k+": mean(8000, Infinity) };
}

function sampleScores(task: LongBenchTaskName, predictions: readonly Prediction[]): number[] {
  const { metric, firstLineOnly } = longBenchTask(task);
  const classes = predictions.at(-1)?.all_classes ?? [];
  return predictions.map(({ pred, answers }) => {
    const text = firstLineOnly ? firstLine(pred) : pred;
    return answers.reduce(
      (best, answer) => Math.max(best, metric(text, answer, { classes })),
      0,
    );
  });
}
