/** Element types of the weights of checkpoints, as safetensors names them. */
export type ElementType = "F32" | "F16" | "BF16";

/** Bytes of one element. */
export const elementBytes: Readonly<Record<ElementType, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Tells whether weights can have this type. */
export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(elementBytes, name);
}

/**
 * Widens little-endian elements to float32, which holds every value of the three types.
 *
 * @param bytes a whole number of elements; float32 may be returned as a view of them
 *
 * @example
 * ```ts
 * import { toFloat32 } from "./element_type.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(toFloat32(new Uint8Array([0x80, 0x3f]), "BF16"), new Float32Array([1]));
 * ```
 */
export function toFloat32(
  bytes: Uint8Array<ArrayBuffer>,
  type: ElementType,
): Float32Array<ArrayBuffer> {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  const count = bytes.byteLength / elementBytes[type];
  switch (type) {
    case "F32":
      return new Float32Array(buffer, byteOffset, count);
    case "F16":
      return new Float32Array(new Float16Array(buffer, byteOffset, count));
    case "BF16":
      return widenBfloat16(new Uint16Array(buffer, byteOffset, count));
  }
}

/** A bfloat16 is the upper half of a float32. */
function widenBfloat16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}
