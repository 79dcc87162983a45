import { existsSync } from "node:fs";
import type { EvaluationRecord } from "./evaluation_record.ts";
import { readText } from "./read_text.ts";

/**
 * The record that a file holds; nothing where there is no file, or something else in it.
 *
 * @throws {EvaluationInputError} if it cannot be read
 */
export function recordAt(path: string): EvaluationRecord | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const value = JSON.parse(readText(path));
    return value?.version === 1 ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
