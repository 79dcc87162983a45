/** What an error of the file system means, by the operating system's code. */
const WORDS: Readonly<Record<string, { readonly found: string; readonly reason: string }>> = {
  ENOENT: { found: "none", reason: "no such file or folder" },
  ENOTDIR: { found: "a file on the way to it", reason: "a file is on the way to it" },
  EISDIR: { found: "a folder", reason: "it is a folder" },
  EEXIST: { found: "a file", reason: "there is a file" },
  EACCES: { found: "one out of reach (permission denied)", reason: "permission denied" },
  EPERM: { found: "one out of reach (permission denied)", reason: "permission denied" },
  EROFS: { found: "one that cannot be written (read-only)", reason: "read-only file system" },
  ENOSPC: { found: "one with no space left", reason: "no space left on device" },
  EDQUOT: { found: "one with no space left (quota)", reason: "no space left in the quota" },
  EIO: { found: "one that fails (input/output error)", reason: "input/output error" },
  ENAMETOOLONG: { found: "a name that is too long", reason: "its name is too long" },
  ELOOP: { found: "a loop of symbolic links", reason: "it is a loop of symbolic links" },
};

/**
 * An error of the file system in words.
 *
 * @param form `found` to follow "expected a file but found", `reason` to follow a path and a colon
 *
 * @example
 * ```ts
 * import { errorWords } from "./error_words.ts";
 * import { equal } from "node:assert/strict";
 *
 * const error = Object.assign(new Error("open 'a'"), { code: "ENOENT" });
 * equal(errorWords(error, "found"), "none");
 * equal(errorWords(error, "reason"), "no such file or folder");
 * ```
 */
export function errorWords(error: unknown, form: "found" | "reason"): string {
  const code = errorCode(error);
  const words = code === undefined ? undefined : WORDS[code];
  if (words) return words[form];
  if (form === "found" && code !== undefined) return `one with an error (${code})`;
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ \(os error.*$/s, "").split("\n", 1)[0]!;
}

/** The operating system's code of an error, e.g. `ENOENT`; nothing where it has none. */
export function errorCode(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}
