import { digestText } from "../digest.ts";
import { readText } from "../read_text.ts";

/** A text that is evaluated, as it was when it was read: all policies are put to the same. */
export interface EvaluatedText {
  /** What messages call it. */
  readonly name: string;
  readonly content: string;
  /** SHA-256 of the content in UTF-8. */
  readonly digest: string;
}

/**
 * Reads a text file.
 *
 * @throws {EvaluationInputError} if it is absent or not UTF-8
 */
export function readEvaluatedText(path: string): EvaluatedText {
  const content = readText(path);
  return { name: path, content, digest: digestText(content) };
}
