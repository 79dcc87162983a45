import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { recordPath } from "../evaluation_record.ts";
import { readJsonFile, readJsonLines } from "../json_lines.ts";
import { finishedDigests, progressPath } from "../sample_log.ts";
import { writeWhole } from "../write_whole.ts";
import { type Prediction, PredictionSchema } from "./files.ts";
import { type ScoresByLength, scoreTask, scoreTaskByLength } from "./score.ts";
import { isLongBenchTask, type LongBenchTaskName } from "./tasks.ts";

const RecordSchema = v.looseObject({ samples: v.pipe(v.number(), v.integer(), v.minValue(0)) });

/** Predictions of a task that count, from its file in a folder of results. */
interface PredictionFile {
  readonly task: LongBenchTaskName;
  readonly predictions: readonly Prediction[];
}

/**
 * Scores every prediction file of a folder and writes `result.json` into it, as the STARC artifact's
 * eval.py is meant to: as published it looks for a task "hotpotqa." and stops.
 *
 * @param folder e.g. `pred/Mistral-7B-Instruct-v0.3`
 * @param byLength whether the samples are LongBench-E's
 * @returns scores by file name
 * @throws {EvaluationInputError} if a file is malformed
 */
export async function writeResultFile(
  folder: string,
  byLength = false,
): Promise<Record<string, number | ScoresByLength>> {
  const scores: Record<string, number | ScoresByLength> = {};
  for (const [file, { task, predictions }] of await readPredictions(folder)) {
    scores[file] = byLength ? scoreTaskByLength(task, predictions) : scoreTask(task, predictions);
  }
  writeWhole(join(folder, "result.json"), JSON.stringify(scores, undefined, 4));
  return scores;
}

/**
 * Reads the prediction files of a folder: those that are named after a task and hold a prediction. Of
 * one with a record beside it, the samples that this is of count, as a limit may have left out others;
 * of one that is being written, those that are finished.
 *
 * @throws {EvaluationInputError} if one is malformed
 */
export async function readPredictions(folder: string): Promise<Map<string, PredictionFile>> {
  const files = new Map<string, PredictionFile>();
  if (!existsSync(folder)) return files;
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".jsonl")).sort()) {
    const task = taskOfFile(file);
    if (task === undefined) continue;
    const path = join(folder, file);
    const predictions: Prediction[] = [];
    const count = await countOf(path);
    for await (const prediction of count === 0 ? [] : readJsonLines(path, PredictionSchema)) {
      if (predictions.push(prediction) === count) break;
    }
    if (predictions.length > 0) files.set(file, { task, predictions });
  }
  return files;
}

/** How many predictions of a file count at most. */
async function countOf(path: string): Promise<number> {
  const record = recordPath(path);
  if (existsSync(record)) return (await readJsonFile(record, RecordSchema)).samples;
  return existsSync(progressPath(path)) ? finishedDigests(path).length : Infinity;
}

/**
 * The task a prediction file is of: its name without the ending and a trailing budget; nothing where
 * it is named after none.
 *
 * @example
 * ```ts
 * import { taskOfFile } from "./result_file.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(taskOfFile("hotpotqa-1024.jsonl"), "hotpotqa");
 * equal(taskOfFile("repobench-p.jsonl"), "repobench-p");
 * equal(taskOfFile("notes.jsonl"), undefined);
 * ```
 */
export function taskOfFile(file: string): LongBenchTaskName | undefined {
  const task = file.replace(/\.jsonl$/, "").replace(/-\d+$/, "");
  return isLongBenchTask(task) ? task : undefined;
}
