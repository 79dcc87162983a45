import type { TopLevelSpec } from "vega-lite";
import { chartConfig, type Theme } from "./theme.ts";

/** A predicted token and what the step that predicted it read. */
export interface EvaluatedStep {
  readonly token: number;
  /** Negative log-likelihood, nats. */
  readonly nll: number;
  /** Rows of 16 tokens in the cache. */
  readonly contextRows: number;
  /** Rows that a head read, as the policy placed them; `null` where the prompt's pass predicted it. */
  readonly rows: number | null;
}

/**
 * Steps of an evaluation's steps.csv.
 *
 * @example
 * ```ts
 * import { readEvaluatedSteps } from "./evaluated_steps.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const text = "token,context_tokens,nll,kept_tokens,sequential_rows16,placed_rows16\n" +
 *   "0,33,2.5,16,4,1.5\n";
 * deepEqual(readEvaluatedSteps(text), [{ token: 0, nll: 2.5, contextRows: 3, rows: 1.5 }]);
 * ```
 */
export function readEvaluatedSteps(csv: string): EvaluatedStep[] {
  return csv.trimEnd().split("\n").slice(1).map((line) => {
    const [token, context, nll, , , rows] = line.split(",");
    return {
      token: Number(token),
      nll: Number(nll),
      contextRows: Math.ceil(Number(context) / 16),
      rows: rows === "" ? null : Number(rows),
    };
  });
}

/** Tokens whose mean is drawn as one point. */
const MOST_DRAWN = 400;

/** How unlikely tokens were, and the rows that were read. */
export function evaluatedChart(
  steps: readonly EvaluatedStep[],
  width: number,
  theme: Theme,
): TopLevelSpec {
  const inner = Math.max(width - 90, 160);
  const stride = Math.ceil(steps.length / MOST_DRAWN);
  const drawn = steps.filter((_, i) => i % stride === 0);
  const x = { field: "token", type: "quantitative" as const, title: "predicted token" };
  const rows = drawn.filter(({ rows }) => rows !== null).flatMap(({ token, contextRows, rows }) => [
    { token, rows: contextRows, series: "in the cache" },
    { token, rows, series: "read" },
  ]);
  const mean = steps.reduce((sum, { nll }) => sum + nll, 0) / steps.length;
  return {
    description: `Negative log-likelihood of ${steps.length} tokens, ${
      mean.toFixed(2)
    } nats in the mean, and rows read`,
    vconcat: [
      {
        title: "Negative log-likelihood, nats",
        width: inner,
        height: 130,
        data: { values: drawn.map(({ token, nll }) => ({ token, nll })) },
        mark: { type: "point", filled: true, size: 14, color: theme.accent },
        encoding: {
          x,
          y: { field: "nll", type: "quantitative", title: "nats" },
          tooltip: [{ field: "token" }, { field: "nll", format: ".3f" }],
        },
      },
      {
        title: "Rows of 16 tokens, mean of a head",
        width: inner,
        height: 130,
        data: { values: rows },
        mark: { type: "line", strokeWidth: 1.5 },
        encoding: {
          x,
          y: { field: "rows", type: "quantitative", title: "rows" },
          color: {
            field: "series",
            type: "nominal",
            scale: { domain: ["in the cache", "read"], range: [theme.quiet, theme.accent] },
          },
          tooltip: [{ field: "token" }, { field: "series" }, { field: "rows", format: ".2f" }],
        },
      },
    ],
    config: chartConfig(theme),
  };
}
