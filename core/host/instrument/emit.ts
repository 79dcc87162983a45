/**
 * The instructions the instrumentation adds, as bytes.
 *
 * @module
 */
import { signedLeb128, unsignedLeb128 } from "../../../wasm/binary/leb128.ts";
import type { FloatFormat } from "./effects.ts";

/** Core value types by their byte. */
export const ValueType = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

export const END = 0x0b;
export const RETURN = 0x0f;

export const localGet = (local: number) => [0x20, ...unsignedLeb128(local)];
export const localSet = (local: number) => [0x21, ...unsignedLeb128(local)];
export const localTee = (local: number) => [0x22, ...unsignedLeb128(local)];
export const globalGet = (global: number) => [0x23, ...unsignedLeb128(global)];
export const globalSet = (global: number) => [0x24, ...unsignedLeb128(global)];
export const i64Const = (value: number) => [0x42, ...signedLeb128(value)];

const I64_SUB = 0x7d;
const I64_BELOW_ZERO = [0x42, 0x00, 0x53];

/** Some code. */
export type Piece = Uint8Array | readonly number[];

/** An `if` that is hardly ever taken: code around it is told by this very piece. */
export const UNLIKELY_IF: Piece = [0x04, 0x40];

/** Where the shared counter is, and what is called when it falls below zero. */
export interface FuelTank {
  /** Global with the fuel at hand, i64. */
  readonly fuel: number;
  /** Global with the function that fills up or traps. */
  readonly refill: number;
  /** Type of that function. */
  readonly refillType: number;
}

const CALL_REF = 0x14;

const callRefill = ({ refill, refillType }: FuelTank): number[] => [
  ...globalGet(refill),
  CALL_REF,
  ...unsignedLeb128(refillType),
];

/** Takes fuel from the shared counter; asks for more when it is spent. */
export function chargeGlobal(tank: FuelTank, amount: number): Piece[] {
  const { fuel } = tank;
  return [
    [...globalGet(fuel), ...i64Const(amount), I64_SUB, ...globalSet(fuel), ...globalGet(fuel)],
    I64_BELOW_ZERO,
    UNLIKELY_IF,
    [...callRefill(tank), END],
  ];
}

/** Takes fuel from a local copy of the counter; asks for more when it is spent. */
export function chargeLocal(
  tank: FuelTank,
  local: number,
  amount: readonly number[],
): Piece[] {
  return [
    [...localGet(local), ...amount, I64_SUB, ...localTee(local)],
    I64_BELOW_ZERO,
    UNLIKELY_IF,
    [...localGet(local), ...globalSet(tank.fuel), ...callRefill(tank)],
    [...globalGet(tank.fuel), ...localSet(local), END],
  ];
}

/** An eighth of an i32 in a local, unsigned, as i64: what bulk operations cost. */
export function eighthOf(local: number): number[] {
  return [...localGet(local), 0xad, ...i64Const(3), 0x88];
}

/** After memory.grow: sets a flag if it failed, and leaves its result. */
export function noteFailedGrowth(flag: number, scratch: number): number[] {
  return [
    ...[...localTee(scratch), 0x41, 0x7f, 0x46, 0x04, 0x40],
    ...[0x41, 0x01, ...globalSet(flag), END],
    ...localGet(scratch),
  ];
}

const CANONICAL_F32 = [0x00, 0x00, 0xc0, 0x7f];
const CANONICAL_F64 = [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f];

interface Canonical {
  /** The NaN every other becomes. */
  readonly constant: readonly number[];
  readonly equal: readonly number[];
  readonly choose: readonly number[];
  /** Type of the scratch local. */
  readonly type: number;
}

const CANONICAL: Record<FloatFormat, Canonical> = {
  f32: { constant: [0x43, ...CANONICAL_F32], equal: [0x5b], choose: [0x1b], type: ValueType.f32 },
  f64: { constant: [0x44, ...CANONICAL_F64], equal: [0x61], choose: [0x1b], type: ValueType.f64 },
  f32x4: {
    constant: [0xfd, 0x0c, ...CANONICAL_F32, ...CANONICAL_F32, ...CANONICAL_F32, ...CANONICAL_F32],
    equal: [0xfd, 0x41],
    choose: [0xfd, 0x52],
    type: ValueType.v128,
  },
  f64x2: {
    constant: [0xfd, 0x0c, ...CANONICAL_F64, ...CANONICAL_F64],
    equal: [0xfd, 0x47],
    choose: [0xfd, 0x52],
    type: ValueType.v128,
  },
};

/** Type of the local that {@linkcode canonicalise} needs. */
export function scratchType(format: FloatFormat): number {
  return CANONICAL[format].type;
}

/** Replaces the number on top of the stack by the canonical NaN if it is a NaN, lane by lane. */
export function canonicalise(format: FloatFormat, scratch: number): number[] {
  const { constant, equal, choose } = CANONICAL[format];
  return [
    ...localTee(scratch),
    ...constant,
    ...localGet(scratch),
    ...localGet(scratch),
    ...equal,
    ...choose,
  ];
}
