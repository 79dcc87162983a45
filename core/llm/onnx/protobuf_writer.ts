/** Writes one protobuf message. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];

  /** A whole number: int32, int64, bool or an enumeration. */
  integer(field: number, value: number | bigint): this {
    return this.#varint(field * 8).#varint(value);
  }

  /** A 32-bit float. */
  float(field: number, value: number): this {
    this.#varint(field * 8 + 5);
    this.#parts.push(new Uint8Array(new Float32Array([value]).buffer));
    return this;
  }

  /** Bytes, which are not copied before {@linkcode finish}. */
  bytes(field: number, value: Uint8Array): this {
    this.#varint(field * 8 + 2).#varint(value.length);
    this.#parts.push(value);
    return this;
  }

  /** A text. */
  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  /** A message within this one. */
  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish());
  }

  /** The message as a whole. */
  finish(): Uint8Array<ArrayBuffer> {
    const length = this.#parts.reduce((total, part) => total + part.length, 0);
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #varint(value: number | bigint): this {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.#parts.push(Uint8Array.of(...bytes, Number(rest)));
    return this;
  }
}
