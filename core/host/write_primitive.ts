import type { PrimitiveName } from "../../wasm/wit/ast.ts";
import { type GuestMemory, viewOf } from "./guest_memory.ts";

/** Writes a value at an address. */
export type Write = (guest: GuestMemory, at: number, value: unknown) => void;

/** What writes a primitive. */
export function writePrimitive(name: PrimitiveName): Write {
  const make =
    (write: (data: DataView, at: number, value: number) => void): Write => (guest, at, value) =>
      write(viewOf(guest), at, Number(value));
  switch (name) {
    case "bool":
    case "u8":
      return make((data, at, value) => data.setUint8(at, value));
    case "s8":
      return make((data, at, value) => data.setInt8(at, value));
    case "u16":
      return make((data, at, value) => data.setUint16(at, value, true));
    case "s16":
      return make((data, at, value) => data.setInt16(at, value, true));
    case "u32":
    case "char":
      return make((data, at, value) => data.setUint32(at, value, true));
    case "s32":
      return make((data, at, value) => data.setInt32(at, value, true));
    case "f32":
      return make((data, at, value) => data.setFloat32(at, value, true));
    case "f64":
      return make((data, at, value) => data.setFloat64(at, value, true));
    case "u64":
    case "s64":
      return (guest, at, value) =>
        viewOf(guest).setBigUint64(at, BigInt.asUintN(64, BigInt(value as number | bigint)), true);
  }
}
