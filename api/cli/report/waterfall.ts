/**
 * The way from one profile's result to another's, as a picture.
 *
 * @module
 */
import { COLOURS, drawSvg } from "../../../core/plot/draw_svg.ts";
import type { SystemRow } from "../../../core/system/columns.ts";
import type { SwitchEffects } from "../../../core/system/switch_effects.ts";

/** What is shown of a result. */
export interface Measure {
  readonly title: string;
  readonly unit: string;
  readonly valueOf: (row: SystemRow) => number;
}

/** Time and energy of a decode step. */
export const MEASURES: readonly Measure[] = [
  { title: "Latency of a decode step", unit: "ms", valueOf: (row) => row["g_time (ms)"] },
  { title: "Energy of a decode step", unit: "J", valueOf: (row) => row["g_energy (nJ)"] / 1e9 },
];

/** One experiment. */
export interface ReportedEffects extends SwitchEffects {
  readonly name: string;
}

/** A panel for each experiment and measure: a bar a switch, from the first profile to the second. */
export function waterfallSvg(
  title: string,
  profiles: readonly [from: string, to: string],
  experiments: readonly ReportedEffects[],
): Promise<string> {
  return drawSvg({
    title: { text: title, subtitle: `from ${profiles[0]} to ${profiles[1]}`, anchor: "start" },
    vconcat: experiments.map((effects) => ({
      hconcat: MEASURES.map((measure) => panel(effects, measure, profiles)),
      spacing: 40,
    })),
    spacing: 30,
  });
}

function panel(
  { name, before, effects, after }: ReportedEffects,
  { title, unit, valueOf }: Measure,
  [from, to]: readonly [string, string],
) {
  let level = valueOf(before);
  const bars = [{ step: from, low: 0, high: level, kind: "profile", text: level.toPrecision(4) }];
  for (const { name, together } of effects) {
    const next = valueOf(together);
    bars.push({
      step: name,
      low: Math.min(level, next),
      high: Math.max(level, next),
      kind: next > level ? "more" : "less",
      text: next === level ? "0" : `${next > level ? "+" : "−"}${magnitude(next - level)}`,
    });
    level = next;
  }
  const last = valueOf(after);
  bars.push({ step: to, low: 0, high: last, kind: "profile", text: last.toPrecision(4) });
  return {
    title: { text: `${name}: ${title.toLowerCase()}, ${unit}`, anchor: "start" as const },
    width: 420,
    height: { step: 17 },
    data: { values: bars },
    encoding: {
      y: {
        field: "step",
        type: "nominal" as const,
        sort: bars.map(({ step }) => step),
        title: null,
        axis: { labelLimit: 200 },
      },
    },
    layer: [
      {
        mark: { type: "bar" as const },
        encoding: {
          x: { field: "low", type: "quantitative" as const, title: unit },
          x2: { field: "high" },
          color: {
            field: "kind",
            type: "nominal" as const,
            legend: null,
            scale: {
              domain: ["profile", "more", "less"],
              range: [COLOURS.grey, COLOURS.red, COLOURS.green],
            },
          },
        },
      },
      {
        mark: { type: "text" as const, align: "left" as const, dx: 4, fontSize: 11 },
        encoding: {
          x: { field: "high", type: "quantitative" as const },
          text: { field: "text", type: "nominal" as const },
        },
      },
    ],
  };
}

const magnitude = (value: number) => Math.abs(value).toPrecision(3);
