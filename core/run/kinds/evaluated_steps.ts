/**
 * What each decode step of an evaluation read.
 *
 * @module
 */
import type { AttentionTrace } from "../../attention/trace_reader.ts";
import type { EvaluateSpec } from "./evaluate_spec.ts";

/** One step: means over the heads of the layers under the policy. */
export interface EvaluatedStep {
  /** Tokens in the cache. */
  readonly contextTokens: number;
  readonly keptTokens: number;
  /** Rows of 16 tokens in the order of the text, and as the policy placed them. */
  readonly sequentialRows16: number;
  readonly placedRows16: number;
}

const COLUMNS = ["contextTokens", "keptTokens", "sequentialRows16", "placedRows16"] as const;

/** The steps of a trace of one sample. */
export async function evaluatedSteps(trace: AttentionTrace): Promise<EvaluatedStep[]> {
  const sums: Record<typeof COLUMNS[number] | "heads", number>[] = [];
  for await (const event of trace.events) {
    if (event.kind !== "selections") continue;
    for (let i = 0; i < event.rows; i++) {
      const sum = sums[event.columns.step[i]! - 1] ??= {
        heads: 0,
        contextTokens: 0,
        keptTokens: 0,
        sequentialRows16: 0,
        placedRows16: 0,
      };
      sum.heads++;
      for (const column of COLUMNS) sum[column] += event.columns[column]![i]!;
    }
  }
  return sums.map(({ heads, ...sum }) => ({
    contextTokens: sum.contextTokens / heads,
    keptTokens: sum.keptTokens / heads,
    sequentialRows16: sum.sequentialRows16 / heads,
    placedRows16: sum.placedRows16 / heads,
  }));
}

const HEADER = "token,context_tokens,nll,kept_tokens,sequential_rows16,placed_rows16";

/**
 * A line for each predicted token: how unlikely it was, in nats, and what the step that predicted it
 * read. The first may be predicted by the prompt's pass, which is no step.
 */
export function evaluatedStepsCsv(
  { promptTokens, tokens }: Pick<EvaluateSpec, "promptTokens" | "tokens">,
  nlls: readonly number[],
  steps: readonly EvaluatedStep[],
): string {
  const withoutStep = tokens - steps.length;
  const lines = nlls.map((nll, i) => {
    const step = steps[i - withoutStep];
    const read = step ? [step.keptTokens, step.sequentialRows16, step.placedRows16] : ["", "", ""];
    return [i, step?.contextTokens ?? promptTokens, nll, ...read].join(",");
  });
  return `${HEADER}\n${lines.join("\n")}\n`;
}
