/**
 * The comparison as a picture.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import type { SystemSpec } from "../../../core/system/spec.ts";
import { budgetText } from "./budget_source.ts";
import {
  type Breakdown,
  energyOf,
  latencyOf,
  type MethodResult,
  type Part,
  PARTS,
  sumOf,
} from "./comparison.ts";

/** Colours that people who see red and green alike tell apart (Okabe and Ito). */
const COLOURS: Readonly<Record<Part, string>> = {
  attention: "#0072B2",
  FC: "#E69F00",
  communication: "#009E73",
  other: "#999999",
};

const FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif";
const BAR_STEP = 112;
/** Characters of a line below a bar. */
const LABEL_CHARACTERS = 19;
const HEIGHT = 300;

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly breakdownOf: (row: MethodResult["row"]) => Breakdown;
}

const PANELS: readonly Panel[] = [
  { title: "Latency of a decode step", unit: "ms", breakdownOf: latencyOf },
  { title: "Energy of a decode step", unit: "J", breakdownOf: energyOf },
];

/**
 * Bars of latency and energy by where they go, full attention being 1, as SVG.
 *
 * @param full the result all are measured against
 */
export async function chartSvg(
  spec: SystemSpec,
  results: readonly MethodResult[],
  full: MethodResult,
): Promise<string> {
  const [{ parse, View }, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const view = new View(parse(compile(chart(spec, results, full)).spec), { renderer: "none" });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}

function chart(
  spec: SystemSpec,
  results: readonly MethodResult[],
  full: MethodResult,
): TopLevelSpec {
  const top = Math.max(...PANELS.flatMap(({ breakdownOf }) => {
    const reference = sumOf(breakdownOf(full.row));
    return results.map(({ row }) => sumOf(breakdownOf(row)) / reference);
  }));
  return {
    title: { text: titleOf(spec), subtitle: subtitleOf(spec), anchor: "start", offset: 18 },
    background: "white",
    padding: 16,
    bounds: "flush",
    spacing: 80,
    hconcat: PANELS.map((panel) => panelSpec(panel, results, full, top)),
    config: {
      font: FONT,
      title: { fontSize: 17, subtitleFontSize: 13, subtitleColor: "#555", subtitlePadding: 6 },
      axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" },
      legend: { labelFontSize: 13, titleFontSize: 13, symbolSize: 160 },
      view: { stroke: null },
    },
  };
}

function titleOf({ model, lin, lout, batch }: SystemSpec): string {
  const tokens = (count: number) => count.toLocaleString("en");
  return `${model}: ${tokens(lin)} tokens in, ${tokens(lout)} out, batch ${batch}`;
}

function subtitleOf({ system, gpu, ngpu, pim, word }: SystemSpec): string {
  const where = system === "dgx-attacc" ? ` with PIM at the ${pim}` : "";
  return `${system}${where}, ${ngpu} ${gpu}, ${word === 2 ? "W16A16" : "W8A8"}`;
}

function panelSpec(
  { title, unit, breakdownOf }: Panel,
  results: readonly MethodResult[],
  full: MethodResult,
  top: number,
) {
  const reference = sumOf(breakdownOf(full.row));
  const labels = results.map(({ method }) => labelOf(method));
  const parts = results.flatMap(({ row }, i) =>
    PARTS.map((part, order) => ({
      method: labels[i],
      part,
      order,
      value: breakdownOf(row)[part] / reference,
    }))
  );
  const totals = results.map(({ row }, i) => {
    const total = sumOf(breakdownOf(row));
    return { method: labels[i], value: total / reference, text: totalText(total, reference, unit) };
  });
  return {
    title: {
      text: title,
      anchor: "start" as const,
      fontSize: 14,
      fontWeight: 600 as const,
      offset: 20,
    },
    width: { step: BAR_STEP },
    height: HEIGHT,
    encoding: { x: methodAxis(labels) },
    // A white edge keeps lines of the grid out of the figures.
    layer: [barLayer(parts, top), totalLayer(totals, "white"), totalLayer(totals)],
  };
}

/** Name, budget and note of a method, in lines that fit below a bar. */
function labelOf({ name, note, budget }: MethodResult["method"]): string {
  const texts = [name, budgetText(budget), note && `(${note})`];
  return texts.filter((text) => text !== "").flatMap(linesOf).join("\n");
}

/** Lines of words; a file's name may go on in the next line after each of its own. */
function linesOf(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=[ _-])/)) {
    if (line !== "" && (line + word).trimEnd().length > LABEL_CHARACTERS) {
      lines.push(line);
      line = "";
    }
    line += word;
  }
  return [...lines, line].map((line) => shortened(line.trimEnd()));
}

function shortened(line: string): string {
  return line.length > LABEL_CHARACTERS ? `${line.slice(0, LABEL_CHARACTERS - 1)}…` : line;
}

function totalText(total: number, reference: number, unit: string): string {
  return `${(total / reference).toFixed(2)}\n${total.toPrecision(3)} ${unit}`;
}

function methodAxis(labels: readonly string[]) {
  return {
    field: "method",
    type: "nominal" as const,
    sort: [...labels],
    title: null,
    axis: {
      labelAngle: 0,
      labelExpr: "split(datum.label, '\\n')",
      labelLineHeight: 15,
      labelLimit: 0,
      ticks: false,
      labelPadding: 6,
    },
  };
}

function barLayer(values: readonly object[], top: number) {
  return {
    data: { values: [...values] },
    mark: { type: "bar" as const, size: 46 },
    encoding: {
      y: {
        field: "value",
        type: "quantitative" as const,
        title: "full attention = 1",
        // The same height in both panels.
        scale: { domain: [0, top], nice: false },
        axis: { tickCount: 6, gridColor: "#e5e5e5", domain: false },
      },
      color: {
        field: "part",
        type: "nominal" as const,
        title: null,
        // From the top, as the bars are stacked.
        scale: {
          domain: PARTS.toReversed(),
          range: PARTS.toReversed().map((part) => COLOURS[part]),
        },
        legend: { orient: "right" as const, offset: 12 },
      },
      order: { field: "order", type: "quantitative" as const },
    },
  };
}

function totalLayer(values: readonly object[], edge?: "white") {
  return {
    data: { values: [...values] },
    mark: {
      type: "text" as const,
      baseline: "bottom" as const,
      dy: -18,
      fontSize: 12,
      lineBreak: "\n",
      lineHeight: 14,
      ...edge && { stroke: edge, strokeWidth: 4 },
    },
    encoding: {
      y: { field: "value", type: "quantitative" as const },
      text: { field: "text", type: "nominal" as const },
    },
  };
}
