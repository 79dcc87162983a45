/**
 * What LongBench and RULER have in common: tasks of samples, each task under each policy.
 *
 * @module
 */
import { Command } from "commander";
import type { TraceFile } from "../../../core/attention/trace_file.ts";
import type { TraceHeader } from "../../../core/attention/trace_format.ts";
import type { EvaluationRecord } from "../../../core/eval/evaluation_record.ts";
import type { SamplePlan } from "../../../core/eval/run_samples.ts";
import {
  checkSampleTrace,
  openSampleTrace,
  traceWriterName,
} from "../../../core/eval/sample_trace.ts";
import { checkedOption } from "../option.ts";
import { OutputFile } from "../output_file.ts";
import { type NamedFiles, requireOwnFile } from "../own_file.ts";
import type { PolicyChoice } from "../policy/policy_choice.ts";
import { suffixedPath } from "../suffixed_path.ts";
import { wholeNumber } from "../values.ts";
import { advising } from "./advice.ts";
import { type PolicyResult, tracePathOf } from "./policy_runs.ts";
import type { ScoreColumn } from "./result_table.ts";
import { addTraceOptions, type TraceOptions } from "./trace_options.ts";

/** A task's result under a policy. */
export interface TaskResult extends PolicyResult {
  readonly task: string;
}

/** Values of the options {@linkcode addSampleOptions} adds. */
export interface SampleOptions extends TraceOptions {
  readonly limit?: number;
}

/** Adds what all evaluations of samples understand. */
export function addSampleOptions(command: Command): Command {
  command.addOption(
    checkedOption(
      "--limit <samples>",
      "run and score only the first so many samples of each task",
      wholeNumber(1, 2 ** 20),
    ),
  );
  return addTraceOptions(
    command,
    "where there are several, names of policies and tasks are added",
  );
}

/**
 * Makes sure, before hours of work, that the trace of each task under each policy can be written.
 *
 * @param read files that none of them may take the place of, by what names them
 * @throws {UserError} when one cannot
 */
export function checkTraces(
  trace: string | undefined,
  policies: readonly PolicyChoice[],
  tasks: readonly string[],
  read: NamedFiles,
) {
  for (const choice of policies) {
    const policyTrace = tracePathOf(trace, choice, policies);
    for (const task of tasks) {
      const path = taskTracePathOf(policyTrace, task, tasks);
      requireOwnFile("--trace", path, read);
      if (path !== undefined) OutputFile.check("--trace", path);
    }
  }
}

/** The trace of a task: the path given, with the task's name in it where there are several. */
export function taskTracePathOf(
  path: string | undefined,
  task: string,
  tasks: readonly string[],
): string | undefined {
  return path === undefined || tasks.length === 1 ? path : suffixedPath(path, task);
}

/**
 * Makes sure that the trace of a planned task can be written by the name it has until it has ended,
 * and goes on from the samples that are finished.
 *
 * @throws {UserError | TraceResumeError | TraceFormatError} when it cannot
 */
export async function checkTrace(
  trace: string | undefined,
  header: TraceHeader,
  plan: SamplePlan,
) {
  if (trace === undefined) return;
  OutputFile.check("--trace", trace, { writer: traceWriterName(plan) });
  await checkSampleTrace(trace, header, plan);
}

/** Runs a task and records its trace, which goes on where an earlier run stopped. */
export async function recorded(
  trace: string | undefined,
  header: TraceHeader,
  plan: SamplePlan,
  action: (trace: TraceFile | undefined) => Promise<EvaluationRecord>,
): Promise<EvaluationRecord> {
  return await advising({}, async () => {
    if (trace === undefined) return await action(undefined);
    using file = await openSampleTrace(
      trace,
      header,
      plan,
      (path, options) => OutputFile.open("--trace", path, options),
    );
    return await action(file);
  });
}

/** Task and samples, before the scores. */
export const TASK_COLUMNS: readonly ScoreColumn[] = [
  { head: "task", value: (result) => taskOf(result) },
  { head: "samples", value: ({ record }) => String(record.samples) },
];

function taskOf(result: PolicyResult): string {
  return "task" in result ? String(result.task) : "";
}
