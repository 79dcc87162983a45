/** A tensor to be written. */
export interface TensorBytes {
  /** As safetensors names it, e.g. `"F32"` or `"U16"`. */
  readonly type: string;
  readonly shape: readonly number[];
  /** Its elements, little-endian, last axis fastest. */
  readonly bytes: Uint8Array;
}

/**
 * The bytes of a safetensors file.
 *
 * @param metadata texts by name, for whoever opens the file
 *
 * @example
 * ```ts
 * import { writeSafetensors } from "./write_safetensors.ts";
 * import { equal } from "node:assert/strict";
 *
 * const tensor = { type: "U8", shape: [3], bytes: Uint8Array.of(1, 2, 3) };
 * const file = writeSafetensors(new Map([["a", tensor]]), {});
 * equal(file.at(-1), 3);
 * ```
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorBytes>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  let size = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, { type, shape, bytes }] of tensors) {
    header[name] = { dtype: type, shape, data_offsets: [size, size + bytes.length] };
    size += bytes.length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  let at = 8 + text.length;
  for (const { bytes } of tensors.values()) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}
