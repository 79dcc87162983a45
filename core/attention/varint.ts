/**
 * Whole numbers in as few bytes as they need: seven bits a byte, lowest first (LEB128).
 *
 * @module
 */

/** Bytes that do not decode. */
class MalformedVarintError extends Error {
  override readonly name = "MalformedVarintError";
}

/** A growing list of numbers from 0 to 2^53 - 1. */
export class VarintWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** How many bytes it holds. */
  get length(): number {
    return this.#length;
  }

  /** Adds a number. */
  write(value: number) {
    if (this.#length + 8 > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Adds a number of either sign, below 2^52 in size. */
  writeSigned(value: number) {
    this.write(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** What was written; valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Starts again. */
  clear() {
    this.#length = 0;
  }
}

/**
 * Reads what {@linkcode VarintWriter} wrote.
 *
 * @example
 * ```ts
 * import { VarintReader, VarintWriter } from "./varint.ts";
 * import { equal } from "node:assert/strict";
 *
 * const writer = new VarintWriter();
 * writer.write(300);
 * writer.writeSigned(-7);
 * const reader = new VarintReader(writer.bytes());
 * equal(reader.read(), 300);
 * equal(reader.readSigned(), -7);
 * equal(reader.atEnd, true);
 * ```
 */
export class VarintReader {
  #at = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** Whether everything was read. */
  get atEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  /** @throws {MalformedVarintError} if the bytes end within a number, or it exceeds 2^53 - 1 */
  read(): number {
    let value = 0;
    for (let factor = 1;; factor *= 128) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) throw new MalformedVarintError("Expected a number but found the end");
      value += (byte & 127) * factor;
      if (!Number.isSafeInteger(value)) {
        throw new MalformedVarintError("Expected a number below 2^53 but found a larger one");
      }
      if (byte < 128) return value;
    }
  }

  /** @throws {MalformedVarintError} as {@linkcode read} */
  readSigned(): number {
    const value = this.read();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
