/**
 * Perplexity of a long text, read token by token under a policy (PG-19, arXiv 1911.05507, as Quest
 * and STARC use it).
 *
 * @module
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { digestText } from "../digest.ts";
import type { EvaluationIdentity } from "../evaluation_identity.ts";
import { type EvaluationRecord, evaluationRecord, writeRecord } from "../evaluation_record.ts";
import { EvaluationInputError } from "../input_error.ts";
import type { LanguageModel } from "../language_model.ts";
import { checkLength } from "../length_check.ts";
import { RecallMeter } from "../recall.ts";
import { type PerplexityProtocol, predictedTokens, sequenceNll } from "./sequence_nll.ts";

/** What to evaluate. */
export interface PerplexityOptions {
  readonly model: LanguageModel;
  /** A text file. */
  readonly text: string;
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
  /** Where the model records its attention trace, for the record. */
  readonly trace?: string | undefined;
  /** Told after each token how many are predicted, and the perplexity so far. */
  readonly onToken?: ((predicted: number, perplexity: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The running perplexity, a number a line, as the STARC artifact names it. */
export const RUNNING_FILE = "log_PG19.txt";
/** The final perplexity. */
export const FINAL_FILE = "ppl_PG19.txt";
/** The record. */
export const RECORD_FILE = "ppl_PG19.json";

/**
 * Reads a text and measures how well the model predicts it.
 *
 * The running perplexity is written as it comes. A text is one sample: an interrupted run begins
 * again.
 *
 * @throws {EvaluationInputError} if the text is absent, too short, or too long for the model
 */
export async function evaluatePerplexity(options: PerplexityOptions): Promise<EvaluationRecord> {
  const { model, out, protocol, start = 0, maxTokens = 32_000, recallBudget } = options;
  const text = readText(options.text);
  const ids = model.tokenizer.encode(text, { special: true });
  const predicted = checkText(options.text, model, ids.length, { protocol, start, maxTokens });
  mkdirSync(out, { recursive: true });
  const running = join(out, RUNNING_FILE);
  writeFileSync(running, "");
  const began = performance.now();
  const meter = recallBudget === undefined ? undefined : new RecallMeter(recallBudget);
  const mean = new RunningMean();
  let rows = null;
  {
    await using session = await model.open("text", meter?.observe);
    await sequenceNll(session, ids, {
      protocol,
      start,
      maxTokens,
      signal: options.signal,
      onToken: (nll) => {
        mean.add(nll);
        appendFileSync(running, `${Math.exp(mean.value)}\n`);
        options.onToken?.(mean.count, Math.exp(mean.value));
      },
    });
    session.end();
    rows = session.rows ?? null;
  }
  writeFileSync(join(out, FINAL_FILE), `${Math.exp(mean.value)}\n`);
  const record = evaluationRecord(identityOf(options, text), {
    scores: { perplexity: Math.exp(mean.value), nll: mean.value, predictedTokens: predicted },
    samples: 1,
    cost: {
      promptTokens: start + 1,
      generatedTokens: 0,
      seconds: (performance.now() - began) / 1000,
      rows,
      recall: meter?.totals ?? null,
    },
    trace: options.trace,
  });
  writeRecord(join(out, RECORD_FILE), record);
  return record;
}

/**
 * The record of an earlier run of the same settings that came to its end, if its folder holds one.
 *
 * @throws {EvaluationInputError} if the text is absent
 */
export function finishedPerplexity(options: PerplexityOptions): EvaluationRecord | undefined {
  const path = join(options.out, RECORD_FILE);
  const identity = identityOf(options, readText(options.text));
  if (!existsSync(path)) return undefined;
  const record = parsedRecord(readFileSync(path, "utf8"));
  if (record === undefined) return undefined;
  const { evaluation, protocol, model, policy, config, digests } = record;
  const found = { evaluation, protocol, model, policy, config, digests };
  const sameTrace = (record.trace ?? undefined) === options.trace &&
    (options.trace === undefined || existsSync(options.trace));
  return sameTrace && isDeepStrictEqual(found, JSON.parse(JSON.stringify(identity)))
    ? record
    : undefined;
}

/** A record this program wrote; nothing where another file stands in its place. */
function parsedRecord(text: string): EvaluationRecord | undefined {
  try {
    const value = JSON.parse(text);
    return value?.version === 1 ? value : undefined;
  } catch {
    return undefined;
  }
}

function identityOf(options: PerplexityOptions, text: string): EvaluationIdentity {
  const { model, protocol, start = 0, maxTokens = 32_000, recallBudget } = options;
  return {
    evaluation: "perplexity",
    protocol,
    model: model.name,
    policy: model.policy,
    config: { start, maxTokens, recallBudget: recallBudget ?? null },
    digests: { ...model.digests, text: digestText(text) },
  };
}

class RunningMean {
  count = 0;
  #sum = 0;

  get value(): number {
    return this.#sum / this.count;
  }

  add(value: number) {
    this.count++;
    this.#sum += value;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new EvaluationInputError(`${path}: expected a file but found none`);
  }
}

function checkText(
  path: string,
  model: LanguageModel,
  tokens: number,
  options: { protocol: PerplexityProtocol; start: number; maxTokens: number },
): number {
  const { protocol, start } = options;
  const predicted = predictedTokens(tokens, options);
  if (predicted === 0) {
    throw new EvaluationInputError(
      `${path}: expected at least ${start + 2} tokens but found ${tokens}`,
    );
  }
  // The last token is predicted but never read; the artifact reads one twice.
  checkLength(model, start + predicted + (protocol === "artifact" ? 1 : 0), 0);
  return predicted;
}
