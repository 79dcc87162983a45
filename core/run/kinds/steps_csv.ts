import { models } from "../../hardware/models.ts";
import type { StepSeries } from "../../system/simulate.ts";
import type { SystemSpec } from "../../system/spec.ts";

/** Tokens of a row as a reader counts them, whatever the budgets were rounded to. */
const ROW_TOKENS = 16;

const HEADER = "step,context_tokens,kept_tokens,rows16,attention_cycles,attention_ms";

/**
 * What each decode step read and how long its attention took: cycles of one layer, milliseconds of
 * all layers. Both are empty where attention runs outside the memory.
 */
export function stepsCsv({ model, system }: SystemSpec, series: StepSeries): string {
  const { contextTokens, keptTokens, attentionCycles, cycleNs } = series;
  const millisecondsPerCycle = cycleNs * models[model].layers / 1e6;
  const lines = Array.from(contextTokens, (context, step) => {
    const kept = keptTokens[step]!;
    const cycles = attentionCycles[step]!;
    const time = system === "dgx-attacc" ? `${cycles},${cycles * millisecondsPerCycle}` : ",";
    return `${step},${context},${kept},${Math.ceil(kept / ROW_TOKENS)},${time}`;
  });
  return `${HEADER}\n${lines.join("\n")}\n`;
}
