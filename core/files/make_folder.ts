import { mkdirSync } from "node:fs";
import { errorWords } from "./error_words.ts";

/**
 * Makes a folder, and those it lies in.
 *
 * @param Refusal what is thrown if it cannot be made, as where a file is in its place
 * @returns the first of them that was not there, if any
 */
export function makeFolder(
  path: string,
  Refusal: new (message: string) => Error,
): string | undefined {
  try {
    return mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new Refusal(
      `${path}: expected a folder that can be made but found ${errorWords(error, "found")}`,
    );
  }
}
