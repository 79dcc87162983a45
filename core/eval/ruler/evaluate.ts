/**
 * RULER (arXiv 2404.06654), one task and length at a time.
 *
 * @module
 */
import { join } from "node:path";
import * as v from "valibot";
import { digestFile } from "../digest.ts";
import { evaluateSamples } from "../evaluate_samples.ts";
import type { EvaluationRecord } from "../evaluation_record.ts";
import { generate } from "../../llm/generate.ts";
import { checkJsonLines, readPlacedJsonLines } from "../json_lines.ts";
import type { DecodeSession } from "../language_model.ts";
import { checkLength, tokensRead } from "../length_check.ts";
import { pythonJson } from "../python/json.ts";
import { strip } from "../python/text.ts";
import type { SamplePlan, SampleResult, SampleRunOptions } from "../run_samples.ts";
import { type RulerFileLine, RulerLineSchema } from "./file.ts";
import { rulerMetric, rulerScore, type RulerScoring } from "./score.ts";
import { rulerTask, type RulerTaskName } from "./tasks.ts";

/** What to evaluate. */
export interface RulerOptions extends SampleRunOptions {
  readonly task: RulerTaskName;
  /** The samples, e.g. `validation.jsonl`. */
  readonly samples: string;
  /** The length the samples were made for; part of the result's name. */
  readonly maxTokens: number;
  /** Folder of the results; `ruler_pred/{model}/` is made in it. */
  readonly out: string;
  /**
   * In both the whole prompt is read at once and only generation is under the policy. `artifact`:
   * 128 tokens for every task, and its scores. `nvidia`: RULER's tokens and scores.
   */
  readonly protocol: RulerScoring;
  /**
   * Whether the prompts already begin with the model's special tokens, as those of a chat template
   * do.
   *
   * @default true for `artifact`, false for `nvidia`
   */
  readonly complete?: boolean | undefined;
}

/** Tokens the artifact generates, whatever the task. */
const ARTIFACT_GENERATED_TOKENS = 128;

const PredictionSchema = v.object({ prediction: v.string(), outputs: v.array(v.string()) });

/** A run before its first sample. */
export interface RulerPlan extends SamplePlan {
  readonly maxGeneratedTokens: number;
  readonly complete: boolean;
}

/**
 * Prepares a run without starting it.
 *
 * @throws {EvaluationInputError} if the samples are absent or malformed
 */
export async function planRuler(options: RulerOptions): Promise<RulerPlan> {
  const { model, task, protocol, maxTokens } = options;
  const artifact = protocol === "artifact";
  const maxGeneratedTokens = artifact ? ARTIFACT_GENERATED_TOKENS : rulerTask(task).generatedTokens;
  const complete = options.complete ?? artifact;
  await checkJsonLines(options.samples, RulerLineSchema);
  return {
    path: join(options.out, "ruler_pred", model.name, `${task}_${maxTokens}.jsonl`),
    samplesDigest: await digestFile(options.samples),
    maxGeneratedTokens,
    complete,
    identity: {
      evaluation: "ruler",
      protocol,
      model: model.name,
      policy: model.policy,
      config: {
        task,
        maxTokens,
        maxGeneratedTokens,
        complete,
        recallBudget: options.recallBudget ?? null,
      },
      digests: model.digests,
    },
  };
}

/**
 * Runs a task, from where an earlier run of the same settings stopped, and scores it both ways.
 *
 * Beside the predictions lies the record, `{task}_{length}.json`.
 *
 * @throws {EvaluationInputError} if a file is absent or malformed, or the folder holds results of
 *   another run; samples that are finished are kept
 */
export async function evaluateRuler(options: RulerOptions): Promise<EvaluationRecord> {
  const plan = await planRuler(options);
  const { task } = options;
  return await evaluateSamples({
    ...options,
    ...plan,
    samples: readPlacedJsonLines(options.samples, RulerLineSchema),
    name: (index) => `${task}_${options.maxTokens}/${index}`,
    run: (session, line) => runSample(options, plan, session, line),
    prediction: PredictionSchema,
    scores: (predictions) => ({
      nvidia: scoreOf(task, "nvidia", predictions),
      artifact: scoreOf(task, "artifact", predictions),
    }),
  });
}

function scoreOf(
  task: RulerTaskName,
  scoring: RulerScoring,
  predictions: readonly v.InferOutput<typeof PredictionSchema>[],
): number {
  const metric = rulerMetric(task, scoring);
  const scores = predictions.map(({ prediction, outputs }) => metric(prediction, outputs));
  return rulerScore(task, scoring, scores);
}

async function runSample(
  { model, task, protocol }: RulerOptions,
  { complete, maxGeneratedTokens }: RulerPlan,
  session: DecodeSession,
  { index, input, answer_prefix, outputs }: RulerFileLine,
): Promise<SampleResult> {
  const ids = model.tokenizer.encode(input + answer_prefix, { special: !complete });
  checkLength(model, ids.length, maxGeneratedTokens);
  session.reserve?.(tokensRead(ids.length, maxGeneratedTokens));
  const generated = await Array.fromAsync(generate(session, await session.prefill(ids), {
    maxNewTokens: maxGeneratedTokens,
    endTokens: model.stopTokens,
  }));
  const prediction = strip(model.tokenizer.decode(generated, { skipSpecial: true }));
  const score = rulerMetric(task, protocol)(prediction, outputs);
  return {
    line: pythonJson({ index, outputs, prediction, score }),
    promptTokens: ids.length,
    generatedTokens: generated.length,
  };
}
