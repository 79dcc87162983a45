/** Thrown where bytes end too early or do not decode. */
export class MalformedBinaryError extends Error {
  override readonly name = "MalformedBinaryError";
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Reads a WebAssembly binary from front to back. Every read checks the end. */
export class ByteReader {
  /**
   * @param bytes What to read
   * @param at Where to begin
   * @param end Where to stop, exclusive
   */
  constructor(readonly bytes: Uint8Array, public at = 0, readonly end = bytes.length) {}

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    const value = this.at < this.end ? this.bytes[this.at] : undefined;
    if (value === undefined) throw new MalformedBinaryError(`Expected a byte at ${this.at}`);
    this.at++;
    return value;
  }

  /** An unsigned LEB128 number of at most 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffffffff) break;
        return value;
      }
    }
    throw new MalformedBinaryError(`Expected a number of 32 bits at ${this.at}`);
  }

  /** Steps over a LEB128 number of at most 64 bits, signed or not. */
  skipLeb128(): void {
    for (let i = 0; i < 10; i++) if (this.byte() < 0x80) return;
    throw new MalformedBinaryError(`Expected a number of 64 bits at ${this.at}`);
  }

  /** A view of the next bytes. */
  take(length: number): Uint8Array {
    if (length > this.end - this.at) {
      throw new MalformedBinaryError(`Expected ${length} bytes at ${this.at}`);
    }
    const view = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return view;
  }

  /** A length, of so many bytes at most, and that many bytes of UTF-8. */
  name(most = Infinity): string {
    const length = this.u32();
    if (length > most) {
      throw new MalformedBinaryError(`Expected a name of at most ${most} bytes at ${this.at}`);
    }
    const bytes = this.take(length);
    try {
      return UTF8.decode(bytes);
    } catch {
      throw new MalformedBinaryError(`Expected UTF-8 before ${this.at}`);
    }
  }
}
