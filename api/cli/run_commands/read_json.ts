import { text } from "node:stream/consumers";
import { errorWords } from "../../../core/files/error_words.ts";
import { readTextAtMost } from "../../../core/files/read_bytes.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";

const MOST_JSON_BYTES = 2 ** 28;

/**
 * JSON of a file, `-` being standard input.
 *
 * @throws {UserError} when it cannot be read or is none
 */
export async function readJson(file: string, { input }: Surroundings): Promise<unknown> {
  const content = file === "-" ? await text(input()) : readText(file);
  try {
    return JSON.parse(content.replace(/^\uFEFF/, ""));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`${file}: expected JSON but found: ${error.message}`);
  }
}

function readText(file: string): string {
  try {
    return readTextAtMost(file, MOST_JSON_BYTES);
  } catch (error) {
    throw new UserError(
      `expected a file of JSON but found ${file}: ${errorWords(error, "reason")}`,
    );
  }
}
