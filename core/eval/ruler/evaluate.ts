/**
 * RULER (arXiv 2404.06654), one task and length at a time.
 *
 * @module
 */
import * as v from "valibot";
import { evaluateSamples } from "../evaluate_samples.ts";
import type { EvaluationRecord } from "../evaluation_record.ts";
import { generate } from "../../llm/generate.ts";
import { readPlacedJsonLines } from "../json_lines.ts";
import type { DecodeSession } from "../evaluated_model.ts";
import { checkLength, tokensRead } from "../length_check.ts";
import { pythonJson } from "../python/json.ts";
import { strip } from "../python/text.ts";
import { requireChat } from "../require_chat.ts";
import type { SamplePlan, SampleResult, SampleRunOptions } from "../run_samples.ts";
import { surveySamples } from "../sample_file.ts";
import { type RulerFileLine, RulerLineSchema } from "./file.ts";
import { generatedTokens } from "./generated_tokens.ts";
import { resultPath, sizedName } from "./results.ts";
import { rulerMetric, rulerScore, type RulerScoring } from "./score.ts";
import type { RulerTaskName } from "./tasks.ts";

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
   * Whether prompts are put into the model's chat template as they are read, without the answer
   * prefix, or are in it already. The template writes the special tokens, and the tokenizer adds
   * none, as `apply_chat_template` of the `transformers` library has it.
   *
   * @default neither: `nvidia` has the tokenizer add its special tokens, `artifact` takes prompts
   *   that begin with them
   */
  readonly chat?: "apply" | "applied" | undefined;
}

const PredictionSchema = v.object({ prediction: v.string(), outputs: v.array(v.string()) });

/** A run before its first sample. */
export interface RulerPlan extends SamplePlan {
  readonly maxGeneratedTokens: number;
  readonly complete: boolean;
}

/**
 * Prepares a run without starting it.
 *
 * @throws {EvaluationInputError} if the samples are absent or malformed, or the model has no chat
 *   template to put them into
 */
export async function planRuler(options: RulerOptions): Promise<RulerPlan> {
  const { model, task, protocol, maxTokens } = options;
  const maxGeneratedTokens = generatedTokens(task, protocol);
  const complete = options.chat !== undefined || protocol === "artifact";
  // Before the first sample.
  if (options.chat === "apply") requireChat(model);
  return {
    path: resultPath(options.out, model.name, options),
    file: await surveySamples(options.samples, RulerLineSchema),
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
        ...options.chat === "apply" && { chat: options.chat },
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
 * @param planned what {@linkcode planRuler} made of the same options, where that is at hand
 * @throws {EvaluationInputError} if a file is absent or malformed, or the folder holds results of
 *   another run; samples that are finished are kept
 */
export async function evaluateRuler(
  options: RulerOptions,
  planned?: RulerPlan,
): Promise<EvaluationRecord> {
  const plan = planned ?? await planRuler(options);
  const { task } = options;
  return await evaluateSamples({
    ...options,
    ...plan,
    samples: readPlacedJsonLines(options.samples, RulerLineSchema),
    name: (index) => `${sizedName(options)}/${index}`,
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
  options: RulerOptions,
  { complete, maxGeneratedTokens }: RulerPlan,
  session: DecodeSession,
  { index, input, answer_prefix, outputs }: RulerFileLine,
): Promise<SampleResult> {
  const { model, task, protocol, chat } = options;
  const prompt = (chat === "apply" ? requireChat(model)(input) : input) + answer_prefix;
  const ids = model.tokenizer.encode(prompt, { special: !complete });
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
