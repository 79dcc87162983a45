/**
 * Perplexity of a long text, read token by token under a policy (PG-19, arXiv 1911.05507, as Quest
 * and STARC use it).
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { digestText } from "../digest.ts";
import type { EvaluationIdentity } from "../evaluation_identity.ts";
import { type EvaluationRecord, evaluationRecord, writeRecord } from "../evaluation_record.ts";
import type { LanguageModel } from "../language_model.ts";
import { readText } from "../read_text.ts";
import { measurePerplexity } from "./measure.ts";
import type { PerplexityProtocol } from "./sequence_nll.ts";

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
 * @throws {EvaluationInputError} if the text is absent, not UTF-8, too short, or too long for the
 *   model
 */
export async function evaluatePerplexity(options: PerplexityOptions): Promise<EvaluationRecord> {
  const { model, out, protocol, start = 0, maxTokens = 32_000, recallBudget } = options;
  const text = readText(options.text);
  const running = join(out, RUNNING_FILE);
  const began = performance.now();
  const measured = await measurePerplexity({
    model,
    text: { name: options.text, content: text },
    protocol,
    start,
    maxTokens,
    recallBudget,
    signal: options.signal,
    onToken: (_nll, mean, predicted) => {
      // Nothing is written before the text is known to fit.
      if (predicted === 1) mkdirSync(out, { recursive: true });
      const flag = predicted === 1 ? "w" : "a";
      writeFileSync(running, `${Math.exp(mean)}\n`, { flag });
      options.onToken?.(predicted, Math.exp(mean));
    },
  });
  const { perplexity, nll, predictedTokens, rows, recall, usage } = measured;
  writeFileSync(join(out, FINAL_FILE), `${perplexity}\n`);
  const record = evaluationRecord(identityOf(options, text), {
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
    trace: options.trace,
  });
  writeRecord(join(out, RECORD_FILE), record);
  return record;
}

/**
 * The record of an earlier run of the same settings that came to its end, if its folder holds one.
 *
 * @throws {EvaluationInputError} if the text is absent or not UTF-8
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
