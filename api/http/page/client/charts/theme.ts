import type { Config } from "vega-lite";
import { type Part, PARTS } from "../../../../../core/system/breakdown.ts";

/** Colours that people who see red and green alike tell apart (Okabe and Ito). */
const PART_COLOURS: Readonly<Record<Part, string>> = {
  attention: "#0072B2",
  FC: "#E69F00",
  communication: "#009E73",
  other: "#999999",
};

/** Parts from the top of a bar, with their colours. */
export const PART_SCALE = {
  domain: PARTS.toReversed(),
  range: PARTS.toReversed().map((part) => PART_COLOURS[part]),
};

/** Colours of a chart. */
export interface Theme {
  readonly back: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly accent: string;
}

/** For paper and for pages that are light. */
export const LIGHT: Theme = {
  back: "#ffffff",
  text: "#16191d",
  quiet: "#545c66",
  line: "#dde2e7",
  accent: "#0072B2",
};

/** For pages that are dark. */
export const DARK: Theme = {
  back: "#14171a",
  text: "#e8ebee",
  quiet: "#a5aeb8",
  line: "#333b44",
  accent: "#56B4E9",
};

/** Settings that all charts share. */
export function chartConfig({ text, quiet, line, back }: Theme): Config {
  return {
    background: back,
    font: "system-ui, Helvetica, Arial, 'Liberation Sans', sans-serif",
    title: { color: text, fontSize: 14, anchor: "start", offset: 10 },
    axis: {
      labelColor: text,
      titleColor: quiet,
      gridColor: line,
      domainColor: quiet,
      tickColor: quiet,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: "normal",
    },
    legend: { labelColor: text, titleColor: quiet, labelFontSize: 12, orient: "top", title: null },
    view: { stroke: null },
  };
}
