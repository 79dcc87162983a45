import { dirname } from "node:path";
import { errorCode, errorWords } from "../files/error_words.ts";
import { CheckpointError } from "./checkpoint_error.ts";

/**
 * Opens or reads a file of the user's.
 *
 * @param action any whose errors have the operating system's codes
 * @param folder what the file's folder is called where it is a file itself
 * @throws {CheckpointError} when the operating system refuses
 *
 * @example
 * ```ts
 * import { accessFile } from "./access_file.ts";
 * import { throws } from "node:assert/strict";
 *
 * throws(
 *   () => accessFile("/", () => Deno.readFileSync("/")),
 *   { message: "/: Expected a file but found a folder" },
 * );
 * ```
 */
export function accessFile<T>(path: string, action: () => T, folder = "a folder"): T {
  try {
    return action();
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    if (code === "ENOTDIR") throw new CheckpointError(dirname(path), "", folder, "a file");
    throw new CheckpointError(path, "", "a file", errorWords(error, "found"));
  }
}
