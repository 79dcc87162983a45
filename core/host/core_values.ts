import type { PrimitiveName } from "../../wasm/wit/ast.ts";
import type { CoreType } from "../../wasm/wit/layout.ts";
import { breach } from "./guest_memory.ts";

/** A core argument or result. */
export type CoreValue = number | bigint;

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
export function widen(value: CoreValue, from: CoreType, to: CoreType): CoreValue {
  if (from === to) return value;
  const bits = new DataView(new ArrayBuffer(8));
  if (from === "f32") bits.setFloat32(0, Number(value), true);
  else if (from === "f64") bits.setFloat64(0, Number(value), true);
  else bits.setUint32(0, Number(value), true);
  return to === "i64" ? bits.getBigUint64(0, true) : bits.getUint32(0, true);
}
