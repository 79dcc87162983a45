/**
 * LongBench (arXiv 2308.14508), one task at a time.
 *
 * @module
 */
import { join } from "node:path";
import { digestText } from "../digest.ts";
import { evaluateSamples } from "../evaluate_samples.ts";
import type { EvaluationRecord } from "../evaluation_record.ts";
import { readPlacedJsonLines } from "../json_lines.ts";
import type { DecodeSession } from "../evaluated_model.ts";
import { pythonJson } from "../python/json.ts";
import type { SamplePlan, SampleResult, SampleRunOptions } from "../run_samples.ts";
import { requireChat } from "../require_chat.ts";
import { surveySamples } from "../sample_file.ts";
import { type ChatForm, chatFormOfName, wrapPrompt } from "./chat_form.ts";
import {
  type LongBenchConfigPaths,
  type LongBenchSample,
  LongBenchSampleSchema,
  type LongBenchTaskConfig,
  PredictionSchema,
  readTaskConfig,
} from "./files.ts";
import { samplePrompt } from "./prompt.ts";
import { answer, type LongBenchProtocol } from "./protocol.ts";
import { scoreTask, scoreTaskByLength } from "./score.ts";
import { longBenchTask, type LongBenchTaskName } from "./tasks.ts";

/** What to evaluate. */
export interface LongBenchOptions extends SampleRunOptions {
  readonly task: LongBenchTaskName;
  /** The task's samples: `hotpotqa.jsonl`, or `hotpotqa_e.jsonl` of LongBench-E. */
  readonly samples: string;
  readonly configFiles: LongBenchConfigPaths;
  /** Folder of the results; `pred/{model}/` or, for LongBench-E, `pred_e/{model}/` is made in it. */
  readonly out: string;
  readonly protocol: LongBenchProtocol;
  /**
   * The most tokens a prompt may have before its middle is cut out, at least 2. LongBench keeps one
   * for each model it knows, see `readMaxPromptTokens`.
   */
  readonly maxPromptTokens: number;
  /** @default what LongBench does for a model of this name */
  readonly chatForm?: ChatForm | undefined;
  /**
   * Whether the samples are LongBench-E's: scores are then by length.
   *
   * @default {false}
   */
  readonly byLength?: boolean | undefined;
  /** A budget, for the names of the results: `hotpotqa-1024.jsonl`. */
  readonly budget?: number | undefined;
}

/** A run before its first sample. */
export interface LongBenchPlan extends SamplePlan {
  readonly taskConfig: LongBenchTaskConfig;
  readonly chatForm: ChatForm;
}

/**
 * Prepares a run without starting it.
 *
 * @throws {EvaluationInputError} if a file is absent or malformed, or the model lacks the chat
 *   template that is asked for
 */
export async function planLongBench(options: LongBenchOptions): Promise<LongBenchPlan> {
  const { model, task, samples, configFiles, protocol, maxPromptTokens, byLength } = options;
  const taskConfig = await readTaskConfig(configFiles, task);
  const chatForm = options.chatForm ?? chatFormOfName(model.name);
  if (chatForm === "template" && longBenchTask(task).chat) requireChat(model);
  const name = options.budget === undefined ? task : `${task}-${options.budget}`;
  const folder = join(options.out, byLength ? "pred_e" : "pred", model.name);
  return {
    path: join(folder, `${name}.jsonl`),
    file: await surveySamples(samples, LongBenchSampleSchema, (sample) => faultOf(task, sample)),
    taskConfig,
    chatForm,
    identity: {
      evaluation: "longbench",
      protocol,
      model: model.name,
      policy: model.policy,
      config: {
        task,
        chatForm,
        maxPromptTokens,
        maxGeneratedTokens: taskConfig.maxGeneratedTokens,
        byLength: byLength ?? false,
        recallBudget: options.recallBudget ?? null,
      },
      digests: {
        ...model.digests,
        template: digestText(taskConfig.template),
      },
    },
  };
}

/**
 * Runs a task, from where an earlier run of the same settings stopped, and scores it.
 *
 * Beside the predictions lies the record, `{task}[-{budget}].json`.
 *
 * @param planned what {@linkcode planLongBench} made of the same options, where that is at hand
 * @throws {EvaluationInputError} if a file is absent or malformed, or the folder holds results of
 *   another run; samples that are finished are kept
 */
export async function evaluateLongBench(
  options: LongBenchOptions,
  planned?: LongBenchPlan,
): Promise<EvaluationRecord> {
  const plan = planned ?? await planLongBench(options);
  const { task, byLength = false } = options;
  return await evaluateSamples({
    ...options,
    ...plan,
    samples: readPlacedJsonLines(options.samples, LongBenchSampleSchema),
    name: (index) => `${task}/${index}`,
    run: (session, sample) => runSample(options, plan, session, sample),
    prediction: PredictionSchema,
    scores: (predictions) => ({
      [task]: byLength ? scoreTaskByLength(task, predictions) : scoreTask(task, predictions),
    }),
  });
}

/** Why a sample cannot be scored, if it cannot. */
function faultOf(task: LongBenchTaskName, { answers }: LongBenchSample): string | undefined {
  const { answerFault } = longBenchTask(task);
  return answerFault && answers.map(answerFault).find((fault) => fault !== undefined);
}

async function runSample(
  { model, task, protocol, maxPromptTokens }: LongBenchOptions,
  { taskConfig, chatForm }: LongBenchPlan,
  session: DecodeSession,
  sample: LongBenchSample,
): Promise<SampleResult> {
  const raw = samplePrompt(sample, taskConfig.template, model.tokenizer, maxPromptTokens);
  const form = longBenchTask(task).chat ? chatForm : "none";
  const { text, ...tokens } = await answer(model, session, {
    task,
    prompt: wrapPrompt(raw, form, model),
    maxGeneratedTokens: taskConfig.maxGeneratedTokens,
    complete: form === "template",
  }, protocol);
  const { answers, all_classes, length } = sample;
  return { line: pythonJson({ pred: text, answers, all_classes, length }), ...tokens };
}
