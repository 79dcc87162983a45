import { extname } from "node:path";

/**
 * A path with a suffix before its extension, for one of several files that an option names.
 *
 * @example
 * ```ts
 * import { suffixedPath } from "./suffixed_path.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(suffixedPath("a.b/run.trace", "starc"), "a.b/run-starc.trace");
 * equal(suffixedPath("a.b/run", "2"), "a.b/run-2");
 * ```
 */
export function suffixedPath(path: string, suffix: string): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}-${suffix}${extension}`;
}
