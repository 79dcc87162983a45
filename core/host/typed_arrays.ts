import type { PrimitiveName } from "../../wasm/wit/ast.ts";
import type { ResolvedType } from "../../wasm/wit/layout.ts";

/** The class of a typed array. */
export type TypedArrayConstructor =
  | Uint8ArrayConstructor
  | Int8ArrayConstructor
  | Uint16ArrayConstructor
  | Int16ArrayConstructor
  | Uint32ArrayConstructor
  | Int32ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor;

const TYPED_ARRAYS: Partial<Record<PrimitiveName, TypedArrayConstructor>> = {
  u8: Uint8Array,
  s8: Int8Array,
  u16: Uint16Array,
  s16: Int16Array,
  u32: Uint32Array,
  s32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** The typed array that lists of such elements are; null if they are arrays. */
export function typedArrayOf(element: ResolvedType): TypedArrayConstructor | null {
  return element.kind === "primitive" ? TYPED_ARRAYS[element.name] ?? null : null;
}
