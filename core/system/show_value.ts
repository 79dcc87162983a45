import { inspect } from "node:util";

/**
 * A value as a message shows it: on one short line, whatever it is.
 *
 * @example
 * ```ts
 * import { showValue } from "./show_value.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(showValue("GPT-4"), "GPT-4");
 * equal(showValue("two\nlines"), "'two\\nlines'");
 * ```
 */
export function showValue(value: unknown): string {
  if (typeof value === "string" && /^[ -~]{1,60}$/.test(value)) return value;
  const options = { breakLength: Infinity, compact: true, depth: 0, maxArrayLength: 5 } as const;
  return inspect(value, { ...options, maxStringLength: 60 });
}
