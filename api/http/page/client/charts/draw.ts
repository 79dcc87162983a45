/**
 * Drawing with Vega. This module alone holds it, and is fetched when a chart is shown: it is ten
 * times the rest of the page.
 *
 * @module
 */
/// <reference lib="dom" />
import { parse, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";

/** Pixels of a picture for one of the page's. */
const PNG_SCALE = 2;

/** Expressions are interpreted: the page's policy allows no code made of text. */
function viewOf(
  spec: TopLevelSpec,
  options: { renderer: "svg" | "none"; container?: HTMLElement },
) {
  const runtime = parse(compile(spec).spec, undefined, { ast: true });
  return new View(runtime, { expr: expressionInterpreter, hover: true, ...options });
}

/** Draws a chart into an element, in place of what is there. */
export async function draw(container: HTMLElement, spec: TopLevelSpec) {
  container.replaceChildren();
  await viewOf(spec, { renderer: "svg", container }).runAsync();
}

/** A chart as SVG. */
export async function svgOf(spec: TopLevelSpec): Promise<Blob> {
  const view = viewOf(spec, { renderer: "none" });
  try {
    return new Blob([await view.toSVG()], { type: "image/svg+xml" });
  } finally {
    view.finalize();
  }
}

/** A chart as PNG. */
export async function pngOf(spec: TopLevelSpec): Promise<Blob> {
  const view = viewOf(spec, { renderer: "none" });
  try {
    const canvas = await view.toCanvas(PNG_SCALE) as unknown as HTMLCanvasElement;
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => blob ? resolve(blob) : reject(new Error("No picture was made")))
    );
  } finally {
    view.finalize();
  }
}
