import { Buffer } from "node:buffer";
import { closeSync, openSync, readSync } from "node:fs";

/** Bytes read at a time. */
const PIECE_BYTES = 2 ** 20;

/**
 * Reads a file that is to be held in memory as a whole. One that has no end, as a device, is not read
 * for ever.
 *
 * @param mostBytes what the file may hold
 * @throws {RangeError} when it holds more
 * @throws what the operating system says where it cannot be read
 *
 * @example
 * ```ts
 * import { readBytes } from "./read_bytes.ts";
 * import { throws } from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "1024\n");
 * readBytes(path, 5);
 * throws(() => readBytes(path, 4), { message: "it holds more than 4 bytes" });
 * await Deno.remove(path);
 * ```
 */
export function readBytes(path: string, mostBytes: number): Uint8Array<ArrayBuffer> {
  const file = openSync(path, "r");
  try {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, mostBytes + 1 - length));
      const read = readSync(file, piece);
      if (read === 0) return new Uint8Array(Buffer.concat(pieces));
      pieces.push(piece.subarray(0, read));
      length += read;
      if (length > mostBytes) throw new RangeError(`it holds more than ${mostBytes} bytes`);
    }
  } finally {
    closeSync(file);
  }
}

/** As {@linkcode readBytes}, as text in UTF-8. */
export function readTextAtMost(path: string, mostBytes: number): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(readBytes(path, mostBytes));
}
