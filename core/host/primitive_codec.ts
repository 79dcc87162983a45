import type { PrimitiveName } from "../../wasm/wit/ast.ts";
import type { CoreType } from "../../wasm/wit/layout.ts";
import { breach, type GuestMemory, viewOf } from "./guest_memory.ts";

/** A core argument or result. */
export type CoreValue = number | bigint;

/** Writes a value at an address. */
export type Write = (guest: GuestMemory, at: number, value: unknown) => void;
/** Reads the value at an address of a component's memory. No code of the component runs meanwhile. */
export type Read = (data: DataView<ArrayBuffer>, at: number) => unknown;

/** How values of one type are written and read. */
export interface Codec {
  readonly write: Write;
  readonly read: Read;
}

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

/** Typed arrays of the numbers that have one. */
export const TYPED_ARRAYS: Partial<Record<PrimitiveName, TypedArrayConstructor>> = {
  u8: Uint8Array,
  s8: Int8Array,
  u16: Uint16Array,
  s16: Int16Array,
  u32: Uint32Array,
  s32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** How a primitive is written and read. */
export function primitiveCodec(name: PrimitiveName): Codec {
  const make = (
    write: (data: DataView, at: number, value: number) => void,
    read: (data: DataView, at: number) => unknown,
  ): Codec => ({
    write: (guest, at, value) => write(viewOf(guest), at, Number(value)),
    read,
  });
  switch (name) {
    case "bool":
      return make(
        (data, at, value) => data.setUint8(at, value),
        (data, at) => data.getUint8(at) !== 0,
      );
    case "u8":
      return make((data, at, value) => data.setUint8(at, value), (data, at) => data.getUint8(at));
    case "s8":
      return make((data, at, value) => data.setInt8(at, value), (data, at) => data.getInt8(at));
    case "u16":
      return make((d, at, value) => d.setUint16(at, value, true), (d, at) => d.getUint16(at, true));
    case "s16":
      return make((d, at, value) => d.setInt16(at, value, true), (d, at) => d.getInt16(at, true));
    case "u32":
    case "char":
      return make((d, at, value) => d.setUint32(at, value, true), (d, at) => d.getUint32(at, true));
    case "s32":
      return make((d, at, value) => d.setInt32(at, value, true), (d, at) => d.getInt32(at, true));
    case "f32":
      return make(
        (d, at, value) => d.setFloat32(at, value, true),
        (d, at) => d.getFloat32(at, true),
      );
    case "f64":
      return make(
        (d, at, value) => d.setFloat64(at, value, true),
        (d, at) => d.getFloat64(at, true),
      );
    case "u64":
    case "s64":
      return {
        write: (guest, at, value) =>
          viewOf(guest).setBigUint64(
            at,
            BigInt.asUintN(64, BigInt(value as number | bigint)),
            true,
          ),
        read: (data, at) => {
          const low = data.getUint32(at, true);
          const high = name === "u64" ? data.getUint32(at + 4, true) : data.getInt32(at + 4, true);
          const number = high * 2 ** 32 + low;
          // Numbers that are not safe are told by their digits, which need the slow bigint.
          return Number.isSafeInteger(number) ? number : fromCore(name, data.getBigInt64(at, true));
        },
      };
  }
}

/** A core result as a value. */
export function fromCore(name: PrimitiveName, value: CoreValue): unknown {
  switch (name) {
    case "bool":
      return Number(value) !== 0;
    case "u64":
    case "s64": {
      const exact = name === "u64" ? BigInt.asUintN(64, BigInt(value)) : BigInt(value);
      const number = Number(exact);
      return Number.isSafeInteger(number) ? number : breach(`the number ${exact}, above 2^53`);
    }
    case "u32":
      return Number(value) >>> 0;
    default:
      return Number(value);
  }
}

/** Puts a payload's core value where the variant's joined type is wider or of another kind. */
export function widen(value: CoreValue, from: CoreType | undefined, to: CoreType): CoreValue {
  const bits = new DataView(new ArrayBuffer(8));
  if (from === undefined) return to === "i64" ? 0n : 0;
  if (from === to) return value;
  if (from === "f32") bits.setFloat32(0, Number(value), true);
  else if (from === "f64") bits.setFloat64(0, Number(value), true);
  else bits.setUint32(0, Number(value), true);
  return to === "i64" ? bits.getBigUint64(0, true) : bits.getUint32(0, true);
}
