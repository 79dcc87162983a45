/**
 * For tests only: writes safetensors files.
 *
 * @module
 */
import { elementBytes, type ElementType } from "../element_type.ts";

/** A tensor to be written. */
export interface NewTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
  readonly type: ElementType;
}

/** Elements in the bytes of a type; rounded, to bfloat16 towards zero. */
export function encodeElements(values: Float32Array, type: ElementType): Uint8Array<ArrayBuffer> {
  switch (type) {
    case "F32":
      return new Uint8Array(values.slice().buffer);
    case "F16":
      return new Uint8Array(new Float16Array(values).buffer);
    case "BF16":
      return new Uint8Array(
        Uint16Array.from(new Uint32Array(values.slice().buffer), (word) => word >>> 16).buffer,
      );
  }
}

/** The bytes of a safetensors file. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NewTensor>,
): Uint8Array<ArrayBuffer> {
  let at = 0;
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  for (const [name, { shape, values, type }] of tensors) {
    const end = at + values.length * elementBytes[type];
    header[name] = { dtype: type, shape, data_offsets: [at, end] };
    at = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + at);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  at = 8 + text.length;
  for (const { values, type } of tensors.values()) {
    const elements = encodeElements(values, type);
    bytes.set(elements, at);
    at += elements.length;
  }
  return bytes;
}
