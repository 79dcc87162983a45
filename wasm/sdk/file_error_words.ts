/**
 * What the operating system says of a file, without the number it has for it.
 *
 * @example
 * ```ts
 * import { fileErrorWords } from "./file_error_words.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(fileErrorWords(new Error("Is a directory (os error 21): open 'a'")), "Is a directory");
 * ```
 */
export function fileErrorWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(" (os error", 1)[0]!;
}
