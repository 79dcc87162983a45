/**
 * Perplexity of a long text, read token by token under a policy (PG-19, arXiv 1911.05507, as Quest
 * and STARC use it).
 *
 * @module
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { EvaluationIdentity } from "../evaluation_identity.ts";
import { type EvaluationRecord, evaluationRecord, writeRecord } from "../evaluation_record.ts";
import type { EvaluatedModel } from "../evaluated_model.ts";
import type { RecordedTrace } from "../recorded_trace.ts";
import { writeWhole } from "../write_whole.ts";
import type { EvaluatedText } from "./evaluated_text.ts";
import { measurePerplexity } from "./measure.ts";
import { RunningLog } from "./running_log.ts";
import type { PerplexityProtocol } from "./sequence_nll.ts";

/** What to evaluate. */
export interface PerplexityOptions {
  readonly model: EvaluatedModel;
  readonly text: EvaluatedText;
  /** Folder of the results. */
  readonly out: string;
  readonly protocol: PerplexityProtocol;
  /**
   * The last token that is read at once.
   *
   * @default {0}
   */
  readonly start?: number | undefined;
  /**
   * The most tokens to predict.
   *
   * @default {32000}
   */
  readonly maxTokens?: number | undefined;
  /** Measures recall too: the share of the so many most relevant tokens that the policy keeps. */
  readonly recallBudget?: number | undefined;
  /** Where the model records its attention trace. */
  readonly trace?: RecordedTrace | undefined;
  /** Told after each token how many are predicted, and the perplexity so far. */
  readonly onToken?: ((predicted: number, perplexity: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The most tokens the artifact predicts. */
export const MOST_PREDICTED = 32_000;
/** The running perplexity, a number a line, as the STARC artifact names it. */
const RUNNING_FILE = "log_PG19.txt";
/** The final perplexity. */
const FINAL_FILE = "ppl_PG19.txt";
/** The record. */
export const RECORD_FILE = "ppl_PG19.json";

/**
 * Reads a text and measures how well the model predicts it.
 *
 * A text is one sample: an interrupted run begins again, and leaves the results of an earlier one as
 * they were beside its own running perplexity so far (`log_PG19.txt.partial`). The record comes last,
 * when everything it is of is in its place.
 *
 * @throws {EvaluationInputError} if the text is too short, or too long for the model, or the folder
 *   cannot be made
 */
export async function evaluatePerplexity(options: PerplexityOptions): Promise<EvaluationRecord> {
  const { model, text, out, protocol, start = 0, maxTokens = MOST_PREDICTED, recallBudget, trace } =
    options;
  using running = new RunningLog(join(out, RUNNING_FILE));
  const began = performance.now();
  const measured = await measurePerplexity({
    model,
    text,
    protocol,
    start,
    maxTokens,
    recallBudget,
    signal: options.signal,
    onToken: (_nll, mean, predicted) => {
      running.add(Math.exp(mean));
      options.onToken?.(predicted, Math.exp(mean));
    },
  });
  const { perplexity, nll, predictedTokens, rows, recall, usage } = measured;
  const record = evaluationRecord(perplexityIdentity(options), {
    scores: { perplexity, nll, predictedTokens },
    samples: 1,
    cost: {
      promptTokens: start + 1,
      generatedTokens: 0,
      seconds: (performance.now() - began) / 1000,
      rows,
      recall,
      ...usage && { usage },
    },
    trace: trace?.path,
    traceDigest: trace?.finish(),
  });
  // An earlier record is not to stand beside what it is not of.
  rmSync(join(out, RECORD_FILE), { force: true });
  trace?.commit();
  running.commit();
  writeWhole(join(out, FINAL_FILE), `${perplexity}\n`);
  writeRecord(join(out, RECORD_FILE), record);
  return record;
}

/** What makes an evaluation of a text what it is. */
export function perplexityIdentity(
  { model, text, protocol, start = 0, maxTokens = MOST_PREDICTED, recallBudget }: Omit<
    PerplexityOptions,
    "trace"
  >,
): EvaluationIdentity {
  return {
    evaluation: "perplexity",
    protocol,
    model: model.name,
    policy: model.policy,
    config: { start, maxTokens, recallBudget: recallBudget ?? null },
    digests: { ...model.digests, text: text.digest },
  };
}
