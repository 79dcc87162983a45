/**
 * Texts that are evaluated, from files and from bytes: UTF-8 and nothing else, since what would
 * stand in the place of other bytes would be evaluated too.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { errorWords } from "../files/error_words.ts";
import { readBytes } from "../files/read_bytes.ts";
import { EvaluationInputError } from "./input_error.ts";

/** Longer than any that a string of JavaScript could hold as characters of one byte. */
const MOST_TEXT_BYTES = 2 ** 29;

/**
 * Reads a text in UTF-8; a byte order mark before it is no part of it.
 *
 * @throws {EvaluationInputError} naming the file if it cannot be read, and the byte if it is not UTF-8
 *
 * @example
 * ```ts
 * import { readText } from "./read_text.ts";
 * import { throws } from "node:assert/strict";
 *
 * throws(() => readText("none.txt"), { message: "none.txt: expected a file but found none" });
 * ```
 */
export function readText(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readBytes(path, MOST_TEXT_BYTES);
  } catch (error) {
    if (error instanceof RangeError) {
      const expected = `a text of at most ${MOST_TEXT_BYTES} bytes`;
      throw new EvaluationInputError(`${path}: expected ${expected} but found more`);
    }
    throw unreadableFile(path, error);
  }
  return decodeText(bytes, path);
}

/**
 * A text from its bytes in UTF-8; a byte order mark before it is no part of it.
 *
 * @param name what messages call it
 * @throws {EvaluationInputError} naming the first byte that is not UTF-8
 *
 * @example
 * ```ts
 * import { decodeText } from "./read_text.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(decodeText(new TextEncoder().encode("\uFEFFCall me Ishmael."), "a.txt"), "Call me Ishmael.");
 * ```
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  const text = decodeUtf8(bytes, name);
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
}

/**
 * UTF-8 as it is: {@linkcode decodeText} for what does not begin a file.
 *
 * @throws {EvaluationInputError} naming the first byte that is not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  const text = bufferOf(bytes).toString("utf8");
  const found = text.includes(REPLACEMENT) ? invalidUtf8(bytes) : undefined;
  if (found === undefined) return text;
  throw new EvaluationInputError(`${name}: expected text in UTF-8 but found ${found}`);
}

/**
 * Which byte is the first that is not UTF-8, in words; nothing where all are.
 *
 * @example
 * ```ts
 * import { invalidUtf8 } from "./read_text.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(invalidUtf8(Uint8Array.of(0x63, 0x61, 0x66, 0xe9)), "the byte 0xe9 at offset 3");
 * ```
 */
export function invalidUtf8(bytes: Uint8Array): string | undefined {
  const buffer = bufferOf(bytes);
  const offset = firstReplaced(buffer.toString("utf8"), buffer);
  if (offset === undefined) return undefined;
  return `the byte 0x${buffer.toString("hex", offset, offset + 1)} at offset ${offset}`;
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** What to throw where a file cannot be read: whether it is absent, a folder, or out of reach. */
export function unreadableFile(path: string, error: unknown): EvaluationInputError {
  return new EvaluationInputError(
    `${path}: expected a file but found ${errorWords(error, "found")}`,
  );
}

const BYTE_ORDER_MARK = "\uFEFF";
const REPLACEMENT = "\uFFFD";
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);

/** Where decoding put a replacement character for bytes that are none. */
function firstReplaced(text: string, bytes: Buffer): number | undefined {
  let offset = 0;
  for (const before of text.split(REPLACEMENT).slice(0, -1)) {
    offset += Buffer.byteLength(before);
    const length = REPLACEMENT_BYTES.length;
    if (!bytes.subarray(offset, offset + length).equals(REPLACEMENT_BYTES)) return offset;
    offset += length;
  }
  return undefined;
}
