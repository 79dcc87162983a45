import { existsSync, statSync } from "node:fs";
import { EvaluationInputError } from "./input_error.ts";

/**
 * Makes sure that a file is there before it is read piece by piece.
 *
 * @throws {EvaluationInputError} naming it if there is none, or a folder
 */
export function requireFile(path: string) {
  const found = !existsSync(path) ? "none" : statSync(path).isDirectory() ? "a folder" : undefined;
  if (found === undefined) return;
  throw new EvaluationInputError(`${path}: expected a file but found ${found}`);
}
