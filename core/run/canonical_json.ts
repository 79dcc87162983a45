/** Anything JSON can say. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * A value as the one JSON text that stands for it (RFC 8785): keys sorted by UTF-16 code units, no
 * white space, numbers as JavaScript prints them.
 *
 * @throws {TypeError} when a part of it has no such text: a number that is not finite, text that is
 * not well-formed Unicode, or what JSON does not know
 *
 * @example
 * ```ts
 * import { canonicalJson } from "./canonical_json.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(canonicalJson({ b: [1e21, 0.1], a: null }), '{"a":null,"b":[1e+21,0.1]}');
 * ```
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case "boolean":
      return String(value);
    case "number":
      if (Number.isFinite(value)) return JSON.stringify(value);
      break;
    case "string":
      if (value.isWellFormed()) return JSON.stringify(value);
      break;
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
      if (isPlain(value)) return canonicalObject(value);
  }
  throw new TypeError(`Expected a value that JSON can hold but found ${describe(value)}`);
}

function canonicalObject(value: Readonly<Record<string, unknown>>): string {
  const members = Object.keys(value).sort()
    .map((key) => `${canonicalJson(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(",")}}`;
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  if (typeof value === "string") return "text with half a character in it";
  if (typeof value === "object" && value !== null) return value.constructor.name;
  return String(value);
}
