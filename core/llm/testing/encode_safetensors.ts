/**
 * For tests only: writes safetensors files.
 *
 * @module
 */
import type { ElementType } from "../element_type.ts";
import { writeSafetensors } from "../write_safetensors.ts";

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
  const encoded = [...tensors].map(([name, { shape, values, type }]) =>
    [name, { type, shape, bytes: encodeElements(values, type) }] as const
  );
  return writeSafetensors(new Map(encoded), { format: "pt" });
}
