/**
 * Fills named places of a template, like Python's `str.format(**values)` without conversions:
 * `{name}` is replaced, `{{` and `}}` stand for braces.
 *
 * @throws {RangeError} if a place has no value, or a brace stands alone
 *
 * @example
 * ```ts
 * import { formatTemplate } from "./format.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(formatTemplate("{{{a}}} {b}", { a: "1", b: "{a}" }), "{1} {a}");
 * ```
 */
export function formatTemplate(
  template: string,
  values: Readonly<Record<string, string>>,
): string {
  return template.replace(/\{\{|\}\}|\{(\w+)\}|[{}]/g, (found, name: string | undefined) => {
    if (found === "{{" || found === "}}") return found[0]!;
    const value = name !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) {
      const expected = Object.keys(values).map((key) => `{${key}}`).join(", ");
      throw new RangeError(`Expected a place among ${expected} but found ${found}`);
    }
    return value;
  });
}
