/** Characters of a name. */
const LONGEST_NAME = 64;

/** What a name has to be, for messages. */
export const NAME_WORDS = `a kebab-case name of at most ${LONGEST_NAME} characters`;

/**
 * Whether a plugin or a parameter may be called so; see {@linkcode NAME_WORDS}.
 *
 * @example
 * ```ts
 * import { isPluginName } from "./plugin_name.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(isPluginName("streaming-llm"), true);
 * equal(isPluginName("Quest"), false);
 * ```
 */
export function isPluginName(text: string): boolean {
  return text.length <= LONGEST_NAME && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text);
}

/** The beginning of a name that a plugin gave, quoted: it may be anything. */
export function shownName(text: string): string {
  return JSON.stringify(text.length <= LONGEST_NAME ? text : `${text.slice(0, LONGEST_NAME)}...`);
}
