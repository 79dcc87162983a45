import type { TopLevelSpec } from "vega-lite";

/** Look of every picture. */
const LOOK = {
  font: "Helvetica, Arial, 'Liberation Sans', sans-serif",
  title: { fontSize: 17, subtitleFontSize: 13, subtitleColor: "#555", subtitlePadding: 6 },
  axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" as const },
  legend: { labelFontSize: 13, titleFontSize: 13, symbolSize: 160 },
  view: { stroke: null },
};

/** Colours that people who see red and green alike tell apart (Okabe and Ito). */
export const COLOURS = {
  blue: "#0072B2",
  orange: "#E69F00",
  green: "#009E73",
  red: "#D55E00",
  grey: "#999999",
} as const;

/**
 * Draws a picture as SVG, without a browser.
 *
 * @example
 * ```ts
 * import { drawSvg } from "./draw_svg.ts";
 * import { match } from "node:assert/strict";
 *
 * const svg = await drawSvg({
 *   data: { values: [{ method: "STARC", share: 0.54 }] },
 *   mark: "bar",
 *   encoding: {
 *     x: { field: "method", type: "nominal" },
 *     y: { field: "share", type: "quantitative" },
 *   },
 * });
 * match(svg, /^<svg /);
 * ```
 */
export async function drawSvg(picture: TopLevelSpec): Promise<string> {
  const [{ parse, View }, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const styled: TopLevelSpec = { background: "white", padding: 16, config: LOOK, ...picture };
  const view = new View(parse(compile(styled).spec), { renderer: "none" });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
