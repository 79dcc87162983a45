import { existsSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { EvaluationInputError } from "./input_error.ts";
import { makeFolder } from "./make_folder.ts";

/**
 * Writes a text file that is complete or, after an interruption, as it was before. Folders on the
 * way are made.
 *
 * @throws {EvaluationInputError} naming the file if it cannot be written
 */
export function writeWhole(path: string, text: string) {
  const partial = `${path}.new`;
  makeFolder(dirname(path));
  try {
    writeFileSync(partial, text);
    renameSync(partial, path);
  } catch (error) {
    if (existsSync(partial) && statSync(partial).isFile()) rmSync(partial);
    const { code } = error as { code?: string };
    const found = code === "EISDIR" ? "a folder" : String(code ?? error);
    throw new EvaluationInputError(
      `${path}: expected a file that can be written but found ${found}`,
    );
  }
}
