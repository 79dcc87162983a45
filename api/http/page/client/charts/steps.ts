import type { TopLevelSpec } from "vega-lite";
import { chartConfig, type Theme } from "./theme.ts";

/** What one decode step did. */
export interface Step {
  readonly step: number;
  readonly contextRows: number;
  readonly rows: number;
  /** Attention of all layers; `null` where it runs outside the memory. */
  readonly milliseconds: number | null;
}

/** Most steps drawn. */
const MOST_DRAWN = 800;

/**
 * Steps of a steps.csv.
 *
 * @example
 * ```ts
 * import { readSteps } from "./steps.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const text = "step,context_tokens,kept_tokens,rows16,attention_cycles,attention_ms\n" +
 *   "0,33,16,1,115,0.5\n";
 * deepEqual(readSteps(text), [{ step: 0, contextRows: 3, rows: 1, milliseconds: 0.5 }]);
 * ```
 */
export function readSteps(csv: string): Step[] {
  return csv.trimEnd().split("\n").slice(1).map((line) => {
    const [step, context, , rows, , milliseconds] = line.split(",");
    return {
      step: Number(step),
      contextRows: Math.ceil(Number(context) / 16),
      rows: Number(rows),
      milliseconds: milliseconds === "" ? null : Number(milliseconds),
    };
  });
}

/** Every how many steps one is drawn. */
export function strideOf(steps: readonly Step[]): number {
  return Math.ceil(steps.length / MOST_DRAWN);
}

/** Rows that each step reads beside those there are, and the time of its attention. */
export function stepsChart(steps: readonly Step[], width: number, theme: Theme): TopLevelSpec {
  const stride = strideOf(steps);
  const drawn = steps.filter(({ step }, i) => step % stride === 0 || i === steps.length - 1);
  const inner = Math.max(width - 90, 160);
  const rows = drawn.flatMap(({ step, contextRows, rows }) => [
    { step, rows: contextRows, series: "in the cache" },
    { step, rows, series: "read" },
  ]);
  const x = { field: "step", type: "quantitative" as const, title: "decode step" };
  const rowPanel = {
    title: "Rows of 16 tokens",
    width: inner,
    height: 150,
    data: { values: rows },
    mark: { type: "line" as const, interpolate: "step-after" as const, strokeWidth: 1.5 },
    encoding: {
      x,
      y: { field: "rows", type: "quantitative" as const, title: "rows" },
      color: {
        field: "series",
        type: "nominal" as const,
        scale: { domain: ["in the cache", "read"], range: [theme.quiet, theme.accent] },
      },
      tooltip: [{ field: "step" }, { field: "series" }, { field: "rows" }],
    },
  };
  const timePanel = {
    title: "Attention of all layers",
    width: inner,
    height: 150,
    data: { values: drawn.map(({ step, milliseconds }) => ({ step, milliseconds })) },
    mark: {
      type: "line" as const,
      interpolate: "step-after" as const,
      strokeWidth: 1.5,
      color: theme.accent,
    },
    encoding: {
      x,
      y: { field: "milliseconds", type: "quantitative" as const, title: "ms" },
      tooltip: [{ field: "step" }, { field: "milliseconds", title: "ms" }],
    },
  };
  const hasTime = steps.some(({ milliseconds }) => milliseconds !== null);
  return {
    description: "Rows read and time of attention by decode step",
    vconcat: hasTime ? [rowPanel, timePanel] : [rowPanel],
    config: chartConfig(theme),
  };
}
