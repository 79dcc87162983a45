/**
 * Parts of a JSON value by their pointers (RFC 6901).
 *
 * @module
 */
import type { Json } from "./canonical_json.ts";

/**
 * A copy of a value with one part replaced or added. Objects on the way are made where there are
 * none.
 *
 * @throws {RangeError} when the pointer is none or leads through something other than an object
 *
 * @example
 * ```ts
 * import { withValueAt } from "./json_pointer.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(withValueAt({ a: { b: 1 } }, "/a/c", 2), { a: { b: 1, c: 2 } });
 * ```
 */
export function withValueAt(value: Json, pointer: string, part: Json): Json {
  if (!/^(\/([^~/]|~[01])*)+$/.test(pointer)) {
    throw new RangeError(
      `Expected a JSON pointer such as /experiment/lout but found ${JSON.stringify(pointer)}`,
    );
  }
  return set(value, keysOf(pointer), part, pointer);
}

/**
 * Whether objects hold something where a pointer leads.
 *
 * @example
 * ```ts
 * import { hasValueAt } from "./json_pointer.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(["/a", "/a/b", "/a/c"].map((pointer) => hasValueAt({ a: { b: 1 } }, pointer)), [
 *   true,
 *   true,
 *   false,
 * ]);
 * ```
 */
export function hasValueAt(value: Json, pointer: string): boolean {
  let part: unknown = value;
  for (const key of keysOf(pointer)) {
    if (typeof part !== "object" || part === null || !Object.hasOwn(part, key)) return false;
    part = Reflect.get(part, key);
  }
  return true;
}

function keysOf(pointer: string): string[] {
  return pointer.split("/").slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function set(value: Json, [key, ...rest]: readonly string[], part: Json, pointer: string): Json {
  if (key === undefined) return part;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject) {
    throw new RangeError(`Expected ${pointer} to lead through objects but found ${typeof value}`);
  }
  const entries = new Map(Object.entries(value));
  entries.set(key, set(entries.get(key) ?? {}, rest, part, pointer));
  return Object.fromEntries(entries);
}
