import { type BigIntStats, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/**
 * Whether two paths lead to the same file, by whatever spelling or link; also to one that is yet to
 * be made. A pipe or device, which any number may write to, is the same as nothing.
 *
 * @example
 * ```ts
 * import { isSameFile } from "./same_file.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(isSameFile("none/../a.csv", "./a.csv"), true);
 * equal(isSameFile("a.csv", "b.csv"), false);
 * ```
 */
export function isSameFile(one: string, other: string): boolean {
  const [first, second] = [statusOf(one), statusOf(other)];
  if (!first && !second) return placeOf(one) === placeOf(other);
  if (!first?.isFile() || !second?.isFile()) return false;
  return first.dev === second.dev && first.ino === second.ino;
}

/** What cannot be looked at is told by whoever opens it. */
function statusOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

/** Where a file that is not there would be. */
function placeOf(path: string): string {
  const whole = resolve(path);
  try {
    return join(realpathSync(dirname(whole)), basename(whole));
  } catch {
    return whole;
  }
}
