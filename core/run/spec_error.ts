import { readExpectation, shortened } from "./expectation.ts";

/** Longest part of a pointer that a message repeats: a key may be anything. */
const SHOWN_CHARACTERS = 200;

/** A run that cannot be: where in its spec, what was expected and what was found. */
export class SpecError extends RangeError {
  override readonly name = "SpecError";
  /** JSON pointer (RFC 6901) to the part that is wrong; `""` is the whole. */
  readonly pointer: string;
  /** The message without the place. */
  readonly mistake: string;
  readonly expected: string;
  readonly received: string;

  constructor(pointer: string, message: string) {
    super(pointer === "" ? message : `${shortened(pointer, SHOWN_CHARACTERS)}: ${message}`);
    const { expected, received } = readExpectation(message) ?? { expected: message, received: "" };
    this.pointer = pointer;
    this.mistake = message;
    this.expected = expected;
    this.received = received;
  }
}

/**
 * A JSON pointer to a place.
 *
 * @example
 * ```ts
 * import { pointerTo } from "./spec_error.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(pointerTo(["grid", "/experiment/lout", 2]), "/grid/~1experiment~1lout/2");
 * ```
 */
export function pointerTo(path: readonly unknown[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
