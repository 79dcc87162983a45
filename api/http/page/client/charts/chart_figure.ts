import type { TopLevelSpec } from "vega-lite";
import { button, h } from "../dom.ts";
import { DARK, LIGHT, type Theme } from "./theme.ts";

/** A chart for a width in pixels and a theme. */
type ChartOf = (width: number, theme: Theme) => TopLevelSpec;

/** Width of a picture that is downloaded. */
const PICTURE_WIDTH = 900;

const dark = matchMedia("(prefers-color-scheme: dark)");

/**
 * A chart that fits its place and the page's colours, with buttons to keep it as a picture.
 *
 * @param name of the picture's file, without its extension
 */
export function chartFigure(caption: string, name: string, chartOf: ChartOf): HTMLElement {
  const place = h("div", { class: "chart" });
  const redraw = async () => {
    const { draw } = await import("./draw.ts");
    await draw(place, chartOf(place.clientWidth, dark.matches ? DARK : LIGHT));
  };
  let width = 0;
  new ResizeObserver(() => {
    if (place.clientWidth === width || place.clientWidth === 0) return;
    width = place.clientWidth;
    redraw();
  }).observe(place);
  dark.addEventListener("change", redraw);
  return h(
    "figure",
    {},
    place,
    h("figcaption", {}, caption),
    h(
      "div",
      { class: "actions" },
      button("Download SVG", () => keep(`${name}.svg`, chartOf)),
      button("Download PNG", () => keep(`${name}.png`, chartOf)),
    ),
  );
}

async function keep(file: string, chartOf: ChartOf) {
  const { svgOf, pngOf } = await import("./draw.ts");
  const spec = chartOf(PICTURE_WIDTH, LIGHT);
  const picture = file.endsWith(".svg") ? await svgOf(spec) : await pngOf(spec);
  const url = URL.createObjectURL(picture);
  h("a", { href: url, download: file }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
