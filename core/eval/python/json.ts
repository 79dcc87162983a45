/** How to write. */
interface PythonJsonOptions {
  /**
   * Writes characters beyond ASCII as escapes: `json.dumps`' `ensure_ascii`.
   *
   * @default {false}
   */
  ascii?: boolean;
}

/**
 * A value as Python's `json.dumps` writes it on one line: a blank behind commas and colons.
 *
 * @example
 * ```ts
 * import { pythonJson } from "./json.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(pythonJson({ pred: "Zürich", answers: ["a", "b"] }), '{"pred": "Zürich", "answers": ["a", "b"]}');
 * equal(pythonJson("Zürich", { ascii: true }), '"Z\\u00fcrich"');
 * ```
 */
export function pythonJson(value: unknown, options: PythonJsonOptions = {}): string {
  if (Array.isArray(value)) {
    return `[${value.map((item) => pythonJson(item, options)).join(", ")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => `${pythonString(name, options)}: ${pythonJson(field, options)}`);
    return `{${fields.join(", ")}}`;
  }
  return typeof value === "string" ? pythonString(value, options) : JSON.stringify(value);
}

function pythonString(text: string, { ascii = false }: PythonJsonOptions): string {
  const json = JSON.stringify(text);
  if (!ascii) return json;
  return json.replace(
    // deno-lint-ignore no-control-regex
    /[^\x00-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
