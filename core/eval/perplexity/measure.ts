import type { RowTotals } from "../../attention/row_totals.ts";
import { EvaluationInputError } from "../input_error.ts";
import type { EvaluatedModel } from "../evaluated_model.ts";
import { checkLength } from "../length_check.ts";
import type { PolicyUsage } from "../policy_usage.ts";
import { RecallMeter, type RecallTotals } from "../recall.ts";
import { type PerplexityProtocol, predictedTokens, sequenceNll } from "./sequence_nll.ts";

/** What to measure. */
interface MeasureOptions {
  readonly model: EvaluatedModel;
  /** The text, and what messages call it. */
  readonly text: { readonly name: string; readonly content: string };
  readonly protocol: PerplexityProtocol;
  /** The last token that is read at once. */
  readonly start: number;
  /** The most tokens to predict. */
  readonly maxTokens: number;
  /**
   * Whether a text that has fewer to predict is refused, not read to its end.
   *
   * @default {false}
   */
  readonly exactly?: boolean | undefined;
  /** Measures recall too: the share of the so many most relevant tokens that the policy keeps. */
  readonly recallBudget?: number | undefined;
  /** Told the negative log-likelihood of each token, and the mean so far. */
  readonly onToken?: ((nll: number, mean: number, predicted: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How well a model predicts a text. */
interface Measurement {
  /** exp of the mean negative log-likelihood. */
  readonly perplexity: number;
  /** Mean negative log-likelihood of the predicted tokens, in nats. */
  readonly nll: number;
  readonly predictedTokens: number;
  /** Rows of all decode steps, where they are counted. */
  readonly rows: RowTotals | null;
  /** Recall by layer, where it is measured. */
  readonly recall: RecallTotals | null;
  /** What the policy used, where it is metered. */
  readonly usage?: PolicyUsage;
}

/**
 * Reads a text as one sequence and measures how well the model predicts it.
 *
 * @throws {EvaluationInputError} if the text is too short, or too long for the model
 */
export async function measurePerplexity(options: MeasureOptions): Promise<Measurement> {
  const { model, text, protocol, start, maxTokens, recallBudget, signal } = options;
  const ids = model.tokenizer.encode(text.content, { special: true });
  const predicted = checkTokens(options, ids.length);
  const meter = recallBudget === undefined ? undefined : new RecallMeter(recallBudget);
  const mean = new RunningMean();
  await using session = await model.open("text", meter?.observe);
  session.reserve?.(sequenceTokens(protocol, start, predicted));
  await sequenceNll(session, ids, {
    protocol,
    start,
    maxTokens,
    signal,
    onToken: (nll) => {
      mean.add(nll);
      options.onToken?.(nll, mean.value, mean.count);
    },
  });
  session.end();
  return {
    perplexity: Math.exp(mean.value),
    nll: mean.value,
    predictedTokens: predicted,
    rows: session.rows ?? null,
    recall: meter?.totals ?? null,
    ...session.usage && { usage: session.usage },
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

/**
 * Makes sure that a text can be measured, before anything is.
 *
 * @throws {EvaluationInputError} if it is too short, or too long for the model
 */
export function checkText(options: MeasureOptions) {
  const { model, text } = options;
  checkTokens(options, model.tokenizer.encode(text.content, { special: true }).length);
}

/** How many of a text's tokens are predicted. */
function checkTokens(
  { model, text, protocol, start, maxTokens, exactly }: MeasureOptions,
  tokens: number,
): number {
  const predicted = predictedTokens(tokens, { protocol, start, maxTokens });
  const least = exactly ? maxTokens : 1;
  if (predicted < least) {
    throw new EvaluationInputError(
      `${text.name}: expected at least ${start + 1 + least} tokens but found ${tokens}`,
      "other lengths",
    );
  }
  try {
    checkLength(model, sequenceTokens(protocol, start, predicted), 0);
  } catch (error) {
    throw error instanceof EvaluationInputError ? error.at(text.name) : error;
  }
  return predicted;
}

/**
 * Tokens that a model reads to predict some: the last is predicted but never read, and the artifact
 * reads one twice.
 */
export function sequenceTokens(
  protocol: PerplexityProtocol,
  start: number,
  predicted: number,
): number {
  return start + predicted + (protocol === "artifact" ? 1 : 0);
}
