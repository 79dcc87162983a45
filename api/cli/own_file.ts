import { isSameFile } from "../../core/files/same_file.ts";
import { UserError } from "./user_error.ts";

/** Files by what names them; what names none is left out. */
export type NamedFiles = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Refuses a file to be written that is read, or written to otherwise, in the same call.
 *
 * @param option what names the file, for messages
 * @throws {UserError} where another names the same, by whatever path
 *
 * @example
 * ```ts
 * import { requireOwnFile } from "./own_file.ts";
 * import { throws } from "node:assert/strict";
 *
 * throws(
 *   () => requireOwnFile("--output", "./a.csv", { "--chart": "b/../a.csv" }),
 *   { message: "--output: expected another file than --chart names but found ./a.csv" },
 * );
 * ```
 */
export function requireOwnFile(option: string, path: string | undefined, others: NamedFiles) {
  if (path === undefined) return;
  for (const [name, other] of Object.entries(others)) {
    if (![other ?? []].flat().some((one) => isSameFile(path, one))) continue;
    throw new UserError(`${option}: expected another file than ${name} names but found ${path}`);
  }
}
