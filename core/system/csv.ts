/**
 * Results as the artifact writes them.
 *
 * @module
 */
import { type ModelName, models } from "../hardware/models.ts";
import { type Column, columns, type SystemRow } from "./columns.ts";
import { pythonFloat } from "./python_float.ts";

/** The header row of output.csv, without a line end. */
export const csvHeader: string = columns.map(({ name }) => name).join(",");

/** A result as a row of output.csv, in Python's number formats, without a line end. */
export function csvRow(row: SystemRow): string {
  return columns.map((column) => formatCell(column, row)).join(",");
}

/**
 * A result's cell as text, in Python's number formats.
 *
 * @example
 * ```ts
 * import { columns } from "./columns.ts";
 * import { formatValue } from "./csv.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(formatValue("float", 1280), "1280.0");
 * equal(formatValue("int", 1280), "1280");
 * equal(formatValue("bool", true), "True");
 * ```
 */
export function formatValue(
  kind: Exclude<Column["kind"], "size">,
  value: string | number | boolean,
): string {
  if (kind === "bool") return value ? "True" : "False";
  if (kind === "float") return pythonFloat(Number(value));
  return kind === "int" ? String(BigInt(value)) : String(value);
}

function formatCell({ name, kind }: typeof columns[number], row: SystemRow): string {
  if (kind !== "size") return formatValue(kind, row[name]);
  const { feedForwardRatio } = models[row.model as ModelName];
  return formatValue(Number.isInteger(feedForwardRatio) ? "int" : "float", row[name]);
}
