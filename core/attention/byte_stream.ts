/** Bytes that arrive in pieces, taken in lengths that suit the reader. */
export class ByteStream {
  readonly #pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #buffer: Uint8Array = new Uint8Array(0);
  #offset = 0;

  constructor(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#pieces = Symbol.asyncIterator in pieces
      ? pieces[Symbol.asyncIterator]()
      : pieces[Symbol.iterator]();
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * The next bytes, or as many as are left. What is returned is not changed by later calls.
   *
   * @example
   * ```ts
   * import { ByteStream } from "./byte_stream.ts";
   * import { deepEqual } from "node:assert/strict";
   *
   * const stream = new ByteStream([Uint8Array.of(1, 2), Uint8Array.of(3, 4)]);
   * deepEqual([...await stream.take(3)], [1, 2, 3]);
   * deepEqual([...await stream.take(3)], [4]);
   * ```
   */
  async take(length: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [this.#buffer];
    let available = this.#buffer.length;
    while (available < length) {
      const { value, done } = await this.#pieces.next();
      if (done) break;
      pieces.push(value);
      available += value.length;
    }
    const joined = pieces.length === 1 ? this.#buffer : concatenate(pieces, available);
    const taken = joined.subarray(0, length);
    this.#buffer = joined.subarray(taken.length);
    this.#offset += taken.length;
    return taken;
  }

  /** Ends the source; a file that is its source is closed. */
  async close() {
    await this.#pieces.return?.();
  }
}

function concatenate(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
