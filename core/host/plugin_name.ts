/** Characters of a name. */
const LONGEST_NAME = 64;

/**
 * Whether a plugin or a parameter may be called so: in kebab case, of at most 64 characters.
 *
 * @example
 * ```ts
 * import { isName } from "./plugin_name.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(isName("streaming-llm"), true);
 * equal(isName("Quest"), false);
 * ```
 */
export function isName(text: string): boolean {
  return text.length <= LONGEST_NAME && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text);
}

/** The beginning of a text that a plugin gave, quoted. */
export function shown(text: string): string {
  return JSON.stringify(text.length <= LONGEST_NAME ? text : `${text.slice(0, LONGEST_NAME)}...`);
}
