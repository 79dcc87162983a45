/** One field of a protobuf message: its number and value by wire type. */
export type ProtobufField =
  | { readonly number: number; readonly wire: "varint"; readonly value: number }
  | { readonly number: number; readonly wire: "fixed32"; readonly value: number }
  | { readonly number: number; readonly wire: "fixed64"; readonly value: bigint }
  | { readonly number: number; readonly wire: "bytes"; readonly value: Uint8Array };

/**
 * The fields of a protobuf message in order.
 *
 * `fixed32` values are the bits read as a float, the only use of them in the files read here.
 *
 * @throws {RangeError} when the message ends early or has a wire type that is not in use
 */
export function* protobufFields(bytes: Uint8Array): Generator<ProtobufField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, wire: "varint", value: varint() };
        break;
      case 1:
        yield { number, wire: "fixed64", value: view.getBigUint64(at, true) };
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (length > bytes.length - at) {
          throw new RangeError(`Expected ${length} bytes but found ${bytes.length - at}`);
        }
        yield { number, wire: "bytes", value: bytes.subarray(at, at += length) };
        break;
      }
      case 5:
        yield { number, wire: "fixed32", value: view.getFloat32(at, true) };
        at += 4;
        break;
      default:
        throw new RangeError(`Expected a wire type of 0, 1, 2 or 5 but found ${tag % 8}`);
    }
  }
}
