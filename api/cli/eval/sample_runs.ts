/**
 * What LongBench and RULER have in common: tasks of samples, each task under each policy.
 *
 * @module
 */
import { Command } from "commander";
import { extname } from "node:path";
import { resumeTraceFile } from "../../../core/attention/trace_file.ts";
import type { TraceHeader } from "../../../core/attention/trace_format.ts";
import type { TraceWriter } from "../../../core/attention/trace_writer.ts";
import type { EvaluationRecord } from "../../../core/eval/evaluation_record.ts";
import type { SamplePlan } from "../../../core/eval/run_samples.ts";
import { finishedSamples } from "../../../core/eval/sample_log.ts";
import { checkedOption } from "../option.ts";
import { UserError } from "../user_error.ts";
import { oneOfWords, type ValueParser, wholeNumber } from "../values.ts";
import type { PolicyResult } from "./policy_runs.ts";
import type { ScoreColumn } from "./result_table.ts";

/** A task's result under a policy. */
export interface TaskResult extends PolicyResult {
  readonly task: string;
}

/** Values of the options {@linkcode addSampleOptions} adds. */
export interface SampleOptions {
  readonly limit?: number;
  readonly trace?: string;
}

/** Adds what all evaluations of samples understand. */
export function addSampleOptions(command: Command): Command {
  return command
    .addOption(
      checkedOption(
        "--limit <samples>",
        "run only the first so many samples of each task",
        wholeNumber(1, 2 ** 20),
      ),
    )
    .option(
      "--trace <file>",
      "record what is attended to; where there are several, names of policies and tasks are added",
    );
}

/** A list of words, each once. */
export function listOfWords<const T extends string>(words: readonly T[]): ValueParser<T[]> {
  const one = oneOfWords(words);
  return (text) => {
    const list = text.split(",").map((word) => one(word.trim()));
    const twice = list.find((word, i) => list.indexOf(word) !== i);
    if (twice === undefined) return list;
    throw new UserError(`expected each task once but found ${twice} twice`);
  };
}

/** The trace of a task: the path given, with the task's name in it where there are several. */
export function taskTracePathOf(
  path: string | undefined,
  task: string,
  tasks: readonly string[],
): string | undefined {
  if (path === undefined || tasks.length === 1) return path;
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}-${task}${extension}`;
}

/** Runs a task and records its trace, which goes on where an earlier run stopped. */
export async function recorded(
  trace: string | undefined,
  header: TraceHeader,
  { path, identity }: SamplePlan,
  action: (writer: TraceWriter | undefined) => Promise<EvaluationRecord>,
): Promise<EvaluationRecord> {
  if (trace === undefined) return await action(undefined);
  using file = await resumeTraceFile(trace, header, finishedSamples(path, identity));
  const record = await action(file.writer);
  file.writer.end();
  return record;
}

/** Task and samples, before the scores. */
export const TASK_COLUMNS: readonly ScoreColumn[] = [
  { head: "task", value: (result) => taskOf(result) },
  { head: "samples", value: ({ record }) => String(record.samples) },
];

function taskOf(result: PolicyResult): string {
  return "task" in result ? String(result.task) : "";
}
