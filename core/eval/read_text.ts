import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { EvaluationInputError } from "./input_error.ts";

/**
 * Reads a text in UTF-8.
 *
 * @throws {EvaluationInputError} naming the file if it is absent, and the byte if it is not UTF-8:
 *   what stands in its place would be evaluated too
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
  const bytes = bytesOf(path);
  const text = bytes.toString("utf8");
  const offset = firstReplaced(text, bytes);
  if (offset === undefined) return text;
  const found = bytes.toString("hex", offset, offset + 1);
  throw new EvaluationInputError(
    `${path}: expected text in UTF-8 but found the byte 0x${found} at offset ${offset}`,
  );
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as { code?: string };
    const found = code === "EISDIR" ? "a folder" : code === "ENOENT" ? "none" : String(code);
    throw new EvaluationInputError(`${path}: expected a file but found ${found}`);
  }
}

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
