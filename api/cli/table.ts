import Table from "cli-table3";

type Alignment = "left" | "right" | "center";

const NO_LINES = {
  "top": "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  "bottom": "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  "left": "",
  "left-mid": "",
  "mid": "",
  "mid-mid": "",
  "right": "",
  "right-mid": "",
  "middle": "  ",
};

/**
 * Rows as aligned columns without lines.
 *
 * @example
 * ```ts
 * import { plainTable } from "./table.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(plainTable([["cycles", "7"], ["MACs", "12"]], ["left", "right"]), "cycles   7\nMACs    12");
 * ```
 */
export function plainTable(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[],
): string {
  const table = new Table({
    chars: NO_LINES,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    colAligns: [...alignments],
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().split("\n").map((line) => line.trimEnd()).join("\n");
}

/** Rows of figures below a head; the first column, or more, holds what they are of. */
export function figureTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  words = 1,
): string {
  const lines = plainTable(
    [head, ...rows],
    head.map((_, i) => i < words ? "left" : "right"),
  ).split("\n");
  const width = Math.max(...lines.map((line) => line.length));
  return [lines[0], "─".repeat(width), ...lines.slice(1)].join("\n");
}
