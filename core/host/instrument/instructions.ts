/**
 * Reads the instructions of a core function: WebAssembly 2.0 with tail calls. Whatever differs
 * between machines or shares memory is refused by name.
 *
 * @module
 */
import type { ByteReader } from "../../../wasm/binary/byte_reader.ts";

/** Thrown for a module that uses what a plugin may not use. The message names it. */
export class ForbiddenFeatureError extends Error {
  override readonly name = "ForbiddenFeatureError";
}

/**
 * One instruction. `code` is the opcode; for prefixed ones the prefix times 256 plus the number
 * behind it (0xfd0b is `v128.store`).
 */
export interface Instruction {
  readonly code: number;
  /** Where its bytes begin and end. */
  readonly start: number;
  readonly end: number;
  /**
   * The first index immediate: local, global, function, label, or type of `call_indirect`; for
   * blocks the block type. 0 if it has none.
   */
  readonly index: number;
  /** The labels of `br_table`, the default last; else empty. */
  readonly labels: readonly number[];
}

/** Opcodes the passes look at. */
export const Op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  drop: 0x1a,
  select: 0x1b,
  selectTyped: 0x1c,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  memoryInit: 0xfc08,
  memoryCopy: 0xfc0a,
  memoryFill: 0xfc0b,
  tableInit: 0xfc0c,
  tableCopy: 0xfc0e,
  tableFill: 0xfc11,
} as const;

/** Block type of a block that takes and leaves nothing. */
export const EMPTY_BLOCK = -0x40;

const NO_LABELS: readonly number[] = [];

/**
 * Reads the instruction at the reader and steps over it.
 *
 * @throws {ForbiddenFeatureError} if a plugin may not use it
 */
export function readInstruction(reader: ByteReader): Instruction {
  const start = reader.at;
  const first = reader.byte();
  const code = first >= 0xfb ? readPrefixed(first, reader) : first;
  let index = 0;
  let labels = NO_LABELS;
  switch (immediates(code)) {
    case "none":
      break;
    case "block":
      index = readBlockType(reader);
      break;
    case "index":
      index = reader.u32();
      break;
    case "two-indices":
      index = reader.u32();
      reader.u32();
      break;
    case "labels": {
      const count = reader.u32();
      labels = Array.from({ length: count + 1 }, () => reader.u32());
      break;
    }
    case "types": {
      const count = reader.u32();
      for (let i = 0; i < count; i++) readValueType(reader);
      break;
    }
    case "memory":
      readMemoryArgument(reader);
      break;
    case "memory-lane":
      readMemoryArgument(reader);
      reader.byte();
      break;
    case "number":
      reader.skipLeb128();
      break;
    case "reference":
      readHeapType(reader);
      break;
    case "byte":
      reader.byte();
      break;
    case "four-bytes":
      reader.take(4);
      break;
    case "eight-bytes":
      reader.take(8);
      break;
    case "sixteen-bytes":
      reader.take(16);
      break;
  }
  return { code, start, end: reader.at, index, labels };
}

function readPrefixed(prefix: number, reader: ByteReader): number {
  const number = reader.u32();
  if (prefix === 0xfb) throw new ForbiddenFeatureError("garbage-collected types");
  if (prefix === 0xfe) throw new ForbiddenFeatureError("threads and atomics");
  if (prefix === 0xfd && number > 0xff) {
    throw new ForbiddenFeatureError("relaxed SIMD (its results differ between machines)");
  }
  if (prefix === 0xff || number > 0xff) {
    throw new ForbiddenFeatureError(`the instruction 0x${prefix.toString(16)} ${number}`);
  }
  return prefix * 256 + number;
}

type Immediates =
  | "none"
  | "block"
  | "index"
  | "two-indices"
  | "labels"
  | "types"
  | "memory"
  | "memory-lane"
  | "number"
  | "reference"
  | "byte"
  | "four-bytes"
  | "eight-bytes"
  | "sixteen-bytes";

function immediates(code: number): Immediates {
  if (code >= 0x45 && code <= 0xc4) return "none";
  if (code >= 0x28 && code <= 0x3e) return "memory";
  if (code >= 0x20 && code <= 0x26) return "index";
  if (code >= 0xfd00) return vectorImmediates(code & 0xff);
  if (code >= 0xfc00) return bulkImmediates(code);
  switch (code) {
    case 0x00:
    case 0x01:
    case Op.else:
    case Op.end:
    case Op.return:
    case Op.drop:
    case Op.select:
    case 0xd1:
      return "none";
    case Op.block:
    case Op.loop:
    case Op.if:
      return "block";
    case Op.br:
    case Op.brIf:
    case Op.call:
    case Op.returnCall:
    case 0x3f:
    case Op.memoryGrow:
    case 0xd2:
      return "index";
    case Op.callIndirect:
    case Op.returnCallIndirect:
      return "two-indices";
    case Op.brTable:
      return "labels";
    case Op.selectTyped:
      return "types";
    case Op.i32Const:
    case Op.i64Const:
      return "number";
    case Op.f32Const:
      return "four-bytes";
    case Op.f64Const:
      return "eight-bytes";
    case 0xd0:
      return "reference";
  }
  throw new ForbiddenFeatureError(forbiddenName(code));
}

function bulkImmediates(code: number): Immediates {
  const number = code & 0xff;
  if (number <= 7) return "none";
  if (number === 9 || number === 11 || number === 13 || (number >= 15 && number <= 17)) {
    return "index";
  }
  if (number <= 14) return "two-indices";
  throw new ForbiddenFeatureError(forbiddenName(code));
}

function vectorImmediates(number: number): Immediates {
  if (number <= 11 || number === 0x5c || number === 0x5d) return "memory";
  if (number === 12 || number === 13) return "sixteen-bytes";
  if (number >= 0x15 && number <= 0x22) return "byte";
  if (number >= 0x54 && number <= 0x5b) return "memory-lane";
  return "none";
}

function forbiddenName(code: number): string {
  if ((code >= 0x06 && code <= 0x0a) || code === 0x18 || code === 0x19 || code === 0x1f) {
    return "exceptions";
  }
  if (code === 0x14 || code === 0x15 || (code >= 0xd3 && code <= 0xd6)) return "typed references";
  return `the instruction 0x${code.toString(16)}`;
}

/** Reads a value type of one byte; those of more bytes are refused. */
export function readValueType(reader: ByteReader): number {
  const type = reader.byte();
  if ((type >= 0x7b && type <= 0x7f) || type === 0x70 || type === 0x6f) return type;
  throw new ForbiddenFeatureError(
    type === 0x63 || type === 0x64 ? "typed references" : `the value type 0x${type.toString(16)}`,
  );
}

function readHeapType(reader: ByteReader): void {
  const type = reader.byte();
  if (type !== 0x70 && type !== 0x6f) throw new ForbiddenFeatureError("typed references");
}

function readMemoryArgument(reader: ByteReader): void {
  if (reader.u32() >= 64) throw new ForbiddenFeatureError("several memories");
  reader.skipLeb128();
}

/** A block type: {@linkcode EMPTY_BLOCK}, minus a value type, or the index of a function type. */
function readBlockType(reader: ByteReader): number {
  const byte = reader.bytes[reader.at] ?? 0;
  if (byte === 0x40) return -reader.byte();
  if ((byte & 0x80) === 0 && byte >= 0x40) return -readValueType(reader);
  return reader.u32();
}
