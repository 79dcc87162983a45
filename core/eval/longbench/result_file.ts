import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { recordPath } from "../evaluation_record.ts";
import { EvaluationInputError } from "../input_error.ts";
import { readJsonFile, readJsonLines } from "../json_lines.ts";
import { PredictionSchema } from "./files.ts";
import { type ScoresByLength, scoreTask, scoreTaskByLength } from "./score.ts";
import { isLongBenchTask, type LongBenchTaskName } from "./tasks.ts";

const RecordSchema = v.looseObject({ samples: v.pipe(v.number(), v.integer(), v.minValue(0)) });

/**
 * Scores every prediction file of a folder and writes `result.json` into it, as the STARC artifact's
 * eval.py is meant to: as published it looks for a task "hotpotqa." and stops. Of a file with a
 * record beside it, the samples that this is of are scored: a limit may have left out others.
 *
 * @param folder e.g. `pred/Mistral-7B-Instruct-v0.3`
 * @param byLength whether the samples are LongBench-E's
 * @returns scores by file name
 * @throws {EvaluationInputError} if a file is malformed, empty or named after no task
 */
export async function writeResultFile(
  folder: string,
  byLength = false,
): Promise<Record<string, number | ScoresByLength>> {
  const scores: Record<string, number | ScoresByLength> = {};
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".jsonl")).sort()) {
    const path = join(folder, file);
    const task = taskOfFile(file);
    const finished = await Array.fromAsync(readJsonLines(path, PredictionSchema));
    const predictions = finished.slice(0, await scoredSamples(path));
    scores[file] = byLength ? scoreTaskByLength(task, predictions) : scoreTask(task, predictions);
  }
  writeFileSync(join(folder, "result.json"), JSON.stringify(scores, undefined, 4));
  return scores;
}

/** How many of a file's samples its record is of; nothing where it has none. */
async function scoredSamples(path: string): Promise<number | undefined> {
  const record = recordPath(path);
  if (!existsSync(record)) return undefined;
  return (await readJsonFile(record, RecordSchema)).samples;
}

/**
 * The task a prediction file is of: its name without the ending and a trailing budget.
 *
 * @throws {EvaluationInputError} if it is named after no task
 *
 * @example
 * ```ts
 * import { taskOfFile } from "./result_file.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(taskOfFile("hotpotqa-1024.jsonl"), "hotpotqa");
 * equal(taskOfFile("repobench-p.jsonl"), "repobench-p");
 * ```
 */
export function taskOfFile(file: string): LongBenchTaskName {
  const task = file.replace(/\.jsonl$/, "").replace(/-\d+$/, "");
  if (isLongBenchTask(task)) return task;
  throw new EvaluationInputError(
    `${file}: expected the name of a LongBench task but found ${task}`,
  );
}
