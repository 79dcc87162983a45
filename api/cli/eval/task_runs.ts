/**
 * The sequence of LongBench and RULER: everything that can be refused is, before the first sample;
 * then each task under each policy is run, and recorded.
 *
 * @module
 */
import type { Checkpoint } from "../../../core/eval/checkpoint.ts";
import { checkpointModel, traceHeaderOf } from "../../../core/eval/checkpoint_model.ts";
import type { EvaluationRecord } from "../../../core/eval/evaluation_record.ts";
import {
  type SamplePlan,
  type SampleRunOptions,
  samplesToRun,
} from "../../../core/eval/run_samples.ts";
import { checkFinished } from "../../../core/eval/sample_log.ts";
import { namingPlugin, openPolicies } from "../policy/open_policy.ts";
import type { NamedFiles } from "../own_file.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Advice, advising } from "./advice.ts";
import {
  checkpointOf,
  decodingOf,
  type EvaluationOptions,
  recallBudgetOf,
  settingsOf,
  tinyModelNote,
} from "./options.ts";
import { makeOutputFolder, policyFolder } from "./output_folder.ts";
import { resultsJson, settleAll, type SettledChoice, tracePathOf } from "./policy_runs.ts";
import { resultTable, rowsLegend, type ScoreColumn } from "./result_table.ts";
import {
  checkTrace,
  checkTraces,
  recorded,
  type SampleOptions,
  TASK_COLUMNS,
  type TaskResult,
  taskTracePathOf,
} from "./sample_runs.ts";
import { checkTraceLists } from "./trace_options.ts";

/** Values of the options that every evaluation of tasks has. */
export interface TaskOptions<Task extends string> extends EvaluationOptions, SampleOptions {
  readonly task: readonly Task[];
}

/** What the options say of each task of every evaluation; `out` is the folder of the policy. */
type TaskRunOptions =
  & Pick<SampleRunOptions, "model" | "limit" | "recallBudget">
  & { readonly out: string };

/** An evaluation: how a task of it is planned and run under a policy. */
export interface TaskEvaluation<
  Task extends string,
  Options extends SampleRunOptions,
  Plan extends SamplePlan,
> {
  /** What to run of a task. */
  optionsOf(task: Task, common: TaskRunOptions): Options;
  plan(options: Options): Promise<Plan>;
  evaluate(options: Options, plan: Plan): Promise<EvaluationRecord>;
  /** Which of the command's options make the task's input fit. */
  advice(options: Options): Advice;
  /** What is left to write after a task. */
  finish?(plan: Plan): Promise<unknown>;
}

/** A task that is ready to run under a policy. */
interface PlannedTask<Task, Options, Plan> extends SettledChoice {
  readonly task: Task;
  /** Where its trace goes, if one is recorded. */
  readonly trace: string | undefined;
  readonly options: Options;
  readonly plan: Plan;
}

/**
 * Runs every task under every policy, from where an earlier call of the same settings stopped.
 *
 * @param read files of the evaluation that are read, by what names them
 * @param prepare makes the evaluation ready for a checkpoint, e.g. its samples
 * @throws {UserError | EvaluationInputError} before the first sample, if a task cannot be planned,
 *   results of another run are in the way of any, or a trace cannot be written
 */
export async function runTasks<
  Task extends string,
  Options extends SampleRunOptions,
  Plan extends SamplePlan,
>(
  options: TaskOptions<Task>,
  surroundings: Surroundings,
  read: NamedFiles,
  prepare: (checkpoint: Checkpoint) => Promise<TaskEvaluation<Task, Options, Plan>>,
): Promise<TaskResult[]> {
  checkTraceLists(options);
  using _folder = makeOutputFolder(options.output, options.policy, "shared");
  const files = { ...read, "--calibration": options.calibration };
  checkTraces(options.trace, options.policy, options.task, files);
  using opened = await openPolicies(options.policy, decodingOf(options));
  await using checkpoint = await checkpointOf(options);
  const policies = await settleAll(opened, checkpoint, settingsOf(options));
  const evaluation = await prepare(checkpoint);
  const planned = await advising(
    {},
    () => planTasks(options, evaluation, checkpoint, policies),
  );
  const results: TaskResult[] = [];
  for (const one of planned) {
    const record = await namingPlugin(
      one.choice,
      () => runTask(evaluation, one, checkpoint, options, surroundings),
    );
    results.push({ choice: one.choice, task: one.task, record });
    await evaluation.finish?.(one.plan);
  }
  return results;
}

/** Plans all tasks, so that the mistakes of the last one are not found hours later. */
async function planTasks<
  Task extends string,
  Options extends SampleRunOptions,
  Plan extends SamplePlan,
>(
  options: TaskOptions<Task>,
  evaluation: TaskEvaluation<Task, Options, Plan>,
  checkpoint: Checkpoint,
  policies: readonly SettledChoice[],
): Promise<PlannedTask<Task, Options, Plan>[]> {
  const planned: PlannedTask<Task, Options, Plan>[] = [];
  for (const policy of policies) {
    for (const task of options.task) {
      const own = evaluation.optionsOf(task, commonOptions(options, checkpoint, policy));
      const trace = traceOf(options, policy, task);
      const plan = await evaluation.plan(own);
      checkFinished(plan.path, plan.identity, plan.file.samples, options.limit);
      await checkTrace(trace, traceHeaderOf(checkpoint, policy.settled, options.traceLists), plan);
      planned.push({ ...policy, task, trace, options: own, plan });
    }
  }
  return planned;
}

function commonOptions(
  options: TaskOptions<string>,
  checkpoint: Checkpoint,
  { choice, settled }: SettledChoice,
): TaskRunOptions {
  return {
    model: checkpointModel(checkpoint, settled),
    out: policyFolder(options.output, choice),
    limit: options.limit,
    recallBudget: recallBudgetOf(options),
  };
}

/** Where the trace of a task under a policy goes, if one is recorded. */
function traceOf(
  { trace, policy, task: tasks }: TaskOptions<string>,
  { choice }: SettledChoice,
  task: string,
): string | undefined {
  return taskTracePathOf(tracePathOf(trace, choice, policy), task, tasks);
}

async function runTask<
  Task extends string,
  Options extends SampleRunOptions,
  Plan extends SamplePlan,
>(
  evaluation: TaskEvaluation<Task, Options, Plan>,
  { choice, settled, task, trace, options, plan }: PlannedTask<Task, Options, Plan>,
  checkpoint: Checkpoint,
  { traceLists }: SampleOptions,
  surroundings: Surroundings,
): Promise<EvaluationRecord> {
  using progress = new Progress(surroundings, `${choice.label} ${task}`, undefined, "samples");
  const total = samplesToRun(plan, options.limit);
  return await recorded(
    trace,
    traceHeaderOf(checkpoint, settled, traceLists),
    plan,
    (file) =>
      advising(evaluation.advice(options), () =>
        evaluation.evaluate({
          ...options,
          model: checkpointModel(checkpoint, settled, file?.writer),
          trace: file,
          onSample: (finished: number) => progress.update(finished, total),
        }, plan)),
  );
}

/** Shows results: their records as JSON where that was asked for, else a table under a heading. */
export function showResults(
  options: TaskOptions<string>,
  results: readonly TaskResult[],
  heading: string,
  scores: readonly ScoreColumn[],
  { out }: Surroundings,
) {
  if (options.json) return out(resultsJson(results));
  const { model } = results[0]!.record;
  out([
    `${model}: ${heading}, budget ${options.budget} tokens\n`,
    resultTable(results, [...TASK_COLUMNS, ...scores]),
    "",
    rowsLegend(results) + tinyModelNote(options).trimEnd(),
    `Predictions and records: ${options.output}`,
    "",
  ].join("\n"));
}
