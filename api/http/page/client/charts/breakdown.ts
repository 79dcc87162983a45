import type { TopLevelSpec } from "vega-lite";
import {
  type Breakdown,
  energyOf,
  latencyOf,
  PARTS,
  sumOf,
} from "../../../../../core/system/breakdown.ts";
import type { SystemRow } from "../../../../../core/system/columns.ts";
import { chartConfig, PART_SCALE, type Theme } from "./theme.ts";

/** A result and what to call it. */
export interface NamedRow {
  readonly name: string;
  readonly row: SystemRow;
  /** What is 1; the first result where nothing is said. */
  readonly reference?: SystemRow;
}

const PANELS = [
  { title: "Latency of a decode step", unit: "ms", of: latencyOf },
  { title: "Energy of a decode step", unit: "J", of: energyOf },
] as const;

const BAR = 30;
/** Narrower than this the two panels stand one above the other. */
const NARROW = 640;
/** Room for names beside the bars. */
const NAMES = 190;

/**
 * Bars of latency and energy by where they go, beside what is 1.
 *
 * @param unit what is 1, in words
 * @param width of the whole chart, in pixels
 */
export function breakdownChart(
  given: readonly NamedRow[],
  unit: string,
  width: number,
  theme: Theme,
): TopLevelSpec {
  const rows = given.map(({ reference = given[0]!.row, ...row }) => ({ ...row, reference }));
  const isNarrow = width < NARROW;
  const names = distinctNames(rows);
  const panelWidth = isNarrow ? width - NAMES - 30 : (width - NAMES) / 2 - 40;
  const panels = PANELS.map((panel, i) =>
    panelSpec(panel, rows, {
      names,
      width: Math.max(panelWidth, 120),
      theme,
      hasNames: isNarrow || i === 0,
      axisTitle: `${unit} = 1`,
      legendColumns: isNarrow ? 2 : 4,
    })
  );
  return {
    description: summary(rows, unit),
    ...isNarrow ? { vconcat: panels } : { hconcat: panels },
    spacing: 24,
    config: chartConfig(theme),
  };
}

/** Bars are told apart by name, so equal names get a number. */
function distinctNames(rows: readonly NamedRow[]): string[] {
  return rows.map(({ name }, i) => {
    const earlier = rows.slice(0, i).filter((other) => other.name === name).length;
    return earlier === 0 ? name : `${name} (${earlier + 1})`;
  });
}

interface PanelOptions {
  readonly names: readonly string[];
  readonly width: number;
  readonly theme: Theme;
  readonly hasNames: boolean;
  readonly axisTitle: string;
  readonly legendColumns: number;
}

function panelSpec(
  { title, unit, of }: typeof PANELS[number],
  rows: readonly Required<NamedRow>[],
  { names, width, theme, hasNames, axisTitle, legendColumns }: PanelOptions,
) {
  const parts = rows.flatMap(({ row, reference }, i) =>
    partsOf(of(row), names[i]!, sumOf(of(reference)), unit)
  );
  const totals = rows.map(({ row, reference: referenceRow }, i) => {
    const total = sumOf(of(row));
    const reference = sumOf(of(referenceRow));
    const text = `${(total / reference).toFixed(2)}  (${total.toPrecision(3)} ${unit})`;
    return { name: names[i], value: total / reference, text };
  });
  const most = Math.max(...totals.map(({ value }) => value));
  return {
    title,
    width,
    height: { step: BAR },
    encoding: {
      y: {
        field: "name",
        type: "nominal" as const,
        sort: [...names],
        title: null,
        axis: { labels: hasNames, ticks: false, domain: false, labelLimit: NAMES - 20 },
      },
    },
    layer: [
      {
        data: { values: parts },
        mark: { type: "bar" as const, size: BAR - 10 },
        encoding: {
          x: {
            field: "value",
            type: "quantitative" as const,
            title: axisTitle,
            // Room for the figure beside the longest bar.
            scale: { domain: [0, most * 1.65], nice: false },
            axis: { tickCount: 5 },
          },
          color: {
            field: "part",
            type: "nominal" as const,
            scale: PART_SCALE,
            legend: { columns: legendColumns },
          },
          order: { field: "order", type: "quantitative" as const },
          tooltip: [
            { field: "name", title: "run" },
            { field: "part", title: "part" },
            { field: "text", title: unit },
          ],
        },
      },
      {
        data: { values: totals },
        mark: {
          type: "text" as const,
          align: "left" as const,
          dx: 5,
          fontSize: 12,
          color: theme.text,
        },
        encoding: {
          x: { field: "value", type: "quantitative" as const },
          text: { field: "text", type: "nominal" as const },
        },
      },
    ],
  };
}

function partsOf(breakdown: Breakdown, name: string, reference: number, unit: string) {
  return PARTS.map((part, order) => ({
    name,
    part,
    order,
    value: breakdown[part] / reference,
    text: `${breakdown[part].toPrecision(4)} ${unit}`,
  }));
}

function summary(rows: readonly Required<NamedRow>[], unit: string): string {
  const parts = rows.map(({ name, row, reference }) => {
    const relative = (of: (row: SystemRow) => Breakdown) =>
      (sumOf(of(row)) / sumOf(of(reference))).toFixed(2);
    return `${name}: latency ${relative(latencyOf)}, energy ${relative(energyOf)}`;
  });
  return `Latency and energy of a decode step, ${unit} being 1. ${parts.join("; ")}`;
}
