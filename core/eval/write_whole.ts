import { dirname } from "node:path";
import { errorWords } from "../files/error_words.ts";
import { makeFolder } from "../files/make_folder.ts";
import { WholeFile } from "../files/whole_file.ts";
import { EvaluationInputError } from "./input_error.ts";

/**
 * Writes a text file that is complete or, after an interruption, as it was before. Folders on the
 * way are made.
 *
 * @throws {EvaluationInputError} naming the file if it cannot be written
 */
export function writeWhole(path: string, text: string) {
  makeFolder(dirname(path), EvaluationInputError);
  try {
    using file = new WholeFile(path);
    file.write(text);
    file.commit();
  } catch (error) {
    throw unwritableFile(path, error);
  }
}

/** What to throw where a file of results cannot be written. */
export function unwritableFile(path: string, error: unknown): EvaluationInputError {
  const found = errorWords(error, "found");
  return new EvaluationInputError(
    `${path}: expected a file that can be written but found ${found}`,
  );
}
