import type { TopLevelSpec } from "vega-lite";
import { chartConfig, type Theme } from "./theme.ts";

/** A run as a point. */
interface ParetoPoint {
  readonly name: string;
  readonly href: string;
  readonly x: number;
  readonly y: number;
  readonly isOnFront: boolean;
}

/** What the axes are, with their units. */
export interface Axes {
  readonly x: string;
  readonly y: string;
}

/** Runs by two figures, and the line of those that none beats. */
export function paretoChart(
  points: readonly ParetoPoint[],
  axes: Axes,
  width: number,
  theme: Theme,
): TopLevelSpec {
  const front = points.filter(({ isOnFront }) => isOnFront);
  const encoding = {
    x: {
      field: "x",
      type: "quantitative" as const,
      title: axes.x,
      scale: { zero: false, padding: 20 },
    },
    y: {
      field: "y",
      type: "quantitative" as const,
      title: axes.y,
      scale: { zero: false, padding: 20 },
    },
  };
  return {
    description: `${points.length} runs by ${axes.x} and ${axes.y}; none beats ${
      front.map(({ name }) => name).join("; ")
    }`,
    width: Math.max(width - 80, 160),
    height: 320,
    layer: [
      {
        data: { values: [...front] },
        mark: { type: "line", color: theme.accent, strokeDash: [5, 4], interpolate: "step-after" },
        encoding,
      },
      {
        data: { values: points.map((point) => ({ ...point, series: seriesOf(point) })) },
        mark: { type: "point", filled: true, size: 90, opacity: 1 },
        encoding: {
          ...encoding,
          color: {
            field: "series",
            type: "nominal",
            scale: {
              domain: ["no run is better in all", "another run is better"],
              range: [theme.accent, theme.quiet],
            },
            legend: { columns: width < 480 ? 1 : 2 },
          },
          shape: {
            field: "series",
            type: "nominal",
            scale: {
              domain: ["no run is better in all", "another run is better"],
              range: ["circle", "square"],
            },
          },
          href: { field: "href" },
          tooltip: [
            { field: "name", title: "run" },
            { field: "x", title: axes.x, format: ".4~g" },
            { field: "y", title: axes.y, format: ".4~g" },
          ],
        },
      },
    ],
    config: chartConfig(theme),
  };
}

function seriesOf({ isOnFront }: ParetoPoint): string {
  return isOnFront ? "no run is better in all" : "another run is better";
}
