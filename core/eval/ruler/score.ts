/**
 * RULER's scores, in the two ways they are computed. They do not compare: the artifact's is the more
 * lenient for most tasks.
 *
 * @module
 */
import { EvaluationInputError } from "../input_error.ts";
import { normalizeAnswer } from "../metrics/normalize_answer.ts";
import { round } from "../python/round.ts";
import { splitWords, strip } from "../python/text.ts";
import type { RulerTaskName } from "./tasks.ts";

/** Whose scores. */
export type RulerScoring = "nvidia" | "artifact";

/** Scores one prediction, from 0 to 1. */
type RulerMetric = (prediction: string, outputs: readonly string[]) => number;

/**
 * The metric of a task.
 *
 * `nvidia` (RULER scripts/eval): the share of the expected strings that occur in the prediction,
 * whatever the case; for questions about documents, whether any does.
 *
 * `artifact` (STARC's ruler_eval.py), on a prediction without "<|eot_id|>":
 * - several values: the share of the expected strings among the runs of digits of the normalised
 *   prediction;
 * - one value: whether the normalised first output begins the normalised prediction or is one of
 *   its words;
 * - variables and words: the share of the expected words among the prediction's, whatever the case;
 * - questions about documents: whether any normalised answer occurs in the normalised prediction.
 *
 * @example
 * ```ts
 * import { rulerMetric } from "./score.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(rulerMetric("niah_multivalue", "nvidia")("1234567 and 7654321.", ["1234567", "1"]), 1);
 * equal(rulerMetric("niah_multivalue", "artifact")("1234567 and 7654321.", ["1234567", "1"]), 0.5);
 * ```
 */
export function rulerMetric(task: RulerTaskName, scoring: RulerScoring): RulerMetric {
  return scoring === "nvidia" ? nvidiaMetric(task) : artifactMetric(task);
}

/**
 * The score of a file.
 *
 * @param scores of the samples
 * @returns `nvidia`: 0 to 100, to two decimals; `artifact`: 0 to 1 in single precision
 * @throws {EvaluationInputError} if there is none
 */
export function rulerScore(
  task: RulerTaskName,
  scoring: RulerScoring,
  scores: readonly number[],
): number {
  if (scores.length === 0) {
    throw new EvaluationInputError(`${task}: expected predictions but found none`);
  }
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return scoring === "nvidia" ? round(mean * 100, 2) : Math.fround(mean);
}

function nvidiaMetric(task: RulerTaskName): RulerMetric {
  const all: RulerMetric = (prediction, outputs) => {
    // deno-lint-ignore no-control-regex
    const text = strip(strip(prediction).replace(/[\x00-\x1f]/g, "\n")).toLowerCase();
    return share(outputs, (output) => text.includes(output.toLowerCase()));
  };
  return isQuestion(task) ? (prediction, outputs) => all(prediction, outputs) > 0 ? 1 : 0 : all;
}

function artifactMetric(task: RulerTaskName): RulerMetric {
  const metric = artifactMetricOfText(task);
  return (prediction, outputs) => metric(strip(prediction).replaceAll("<|eot_id|>", ""), outputs);
}

function artifactMetricOfText(task: RulerTaskName): RulerMetric {
  if (task === "niah_multivalue" || task === "niah_multiquery") return digitRuns;
  if (isQuestion(task)) return anyAnswer;
  return task.startsWith("niah_") ? firstValue : wholeWords;
}

const digitRuns: RulerMetric = (prediction, outputs) => {
  const runs = new Set(normalizeAnswer(prediction).match(/\p{Nd}+/gu));
  return share(outputs, (output) => runs.has(output));
};

const firstValue: RulerMetric = (prediction, outputs) => {
  const text = normalizeAnswer(prediction);
  const value = normalizeAnswer(outputs[0] ?? "");
  return text.startsWith(value) || splitWords(text).includes(value) ? 1 : 0;
};

const wholeWords: RulerMetric = (prediction, outputs) => {
  const words = new Set(prediction.toLowerCase().match(/[\p{L}\p{N}_]+/gu));
  return share(outputs, (output) => words.has(output.toLowerCase()));
};

const anyAnswer: RulerMetric = (prediction, outputs) => {
  const text = normalizeAnswer(prediction);
  return outputs.some((output) => text.includes(normalizeAnswer(output))) ? 1 : 0;
};

function isQuestion(task: RulerTaskName): boolean {
  return task.startsWith("qa_");
}

function share(outputs: readonly string[], found: (output: string) => boolean): number {
  return outputs.length === 0 ? 0 : outputs.filter(found).length / outputs.length;
}
