import { dirname } from "node:path";
import { CheckpointError } from "./checkpoint_error.ts";

/** What there is in place of a file, by the error of opening or reading it. */
const FOUND: Readonly<Record<string, string>> = {
  ENOENT: "none",
  EISDIR: "a folder",
  EACCES: "one that may not be read (permission denied)",
  EPERM: "one that may not be read (permission denied)",
  ELOOP: "a loop of symbolic links",
};

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
    const { code } = error as { code?: unknown };
    if (typeof code !== "string" || !/^E[A-Z0-9]+$/.test(code)) throw error;
    if (code === "ENOTDIR") throw new CheckpointError(dirname(path), "", folder, "a file");
    throw new CheckpointError(path, "", "a file", FOUND[code] ?? `one with an error (${code})`);
  }
}
