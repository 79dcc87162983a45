import { mkdirSync } from "node:fs";
import { EvaluationInputError } from "./input_error.ts";

/**
 * Makes a folder of results, and those it lies in.
 *
 * @throws {EvaluationInputError} if it cannot be made, as where a file is in its place
 */
export function makeFolder(path: string) {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    const { code } = error as { code?: string };
    const found = FOUND[code ?? ""] ?? `${code ?? error}`;
    throw new EvaluationInputError(
      `${path}: expected a folder that can be made but found ${found}`,
    );
  }
}

/** In words, by the operating system's code. */
const FOUND: Readonly<Record<string, string>> = {
  EEXIST: "a file",
  ENOTDIR: "a file on the way to it",
  EACCES: "that its place may not be written",
};
