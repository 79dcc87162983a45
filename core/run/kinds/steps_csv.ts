import { ROW16_TOKENS } from "../../attention/rows.ts";
import { models } from "../../hardware/models.ts";
import type { StepSeries } from "../../system/simulate.ts";
import type { SystemSpec } from "../../system/spec.ts";

const HEADER = "step,context_tokens,kept_tokens,rows16,attention_cycles,attention_ms";

/**
 * What each decode step read and how long its attention took: cycles of one layer, milliseconds of
 * all layers. Both are empty where attention runs outside the memory. Rows are of 16 tokens, whatever
 * the budgets were rounded to.
 */
export function stepsCsv({ model, system }: SystemSpec, series: StepSeries): string {
  const { contextTokens, keptTokens, attentionCycles, cycleNs } = series;
  const millisecondsPerCycle = cycleNs * models[model].layers / 1e6;
  const lines = Array.from(contextTokens, (context, step) => {
    const kept = keptTokens[step]!;
    const cycles = attentionCycles[step]!;
    const time = system === "dgx-attacc" ? `${cycles},${cycles * millisecondsPerCycle}` : ",";
    return `${step},${context},${kept},${Math.ceil(kept / ROW16_TOKENS)},${time}`;
  });
  return `${HEADER}\n${lines.join("\n")}\n`;
}
