/**
 * What an instruction takes from the operand stack and leaves on it, and how it treats bits of
 * floating-point operands. Control flow, locals and calls are handled by the pass itself.
 *
 * @module
 */

/** A format whose NaN has more than one bit pattern. */
export type FloatFormat = "f32" | "f64" | "f32x4" | "f64x2";

/**
 * How an instruction treats float bits:
 * - `makes`: reads operands as numbers and may make a NaN of any bit pattern (of `format`);
 * - `reads`: reads operands as numbers; what it leaves depends on no NaN's bits;
 * - `moves`: what it leaves are the operands' bits, moved (those in `moved`, the others are seen);
 * - `sees`: anything else: the operands' bits may decide what happens.
 */
export type FloatUse = "makes" | "reads" | "moves" | "sees";

/** The effect of one instruction. */
export interface Effect {
  readonly pops: number;
  readonly pushes: number;
  readonly use: FloatUse;
  readonly format: FloatFormat;
  /** For `moves`: bit i is set if operand i, the deepest first, is only moved. */
  readonly moved: number;
}

function effect(
  pops: number,
  pushes: number,
  use: FloatUse = "sees",
  format: FloatFormat = "f32",
  moved = 0,
): Effect {
  return { pops, pushes, use, format, moved };
}

const PUSH = effect(0, 1);
const STORE = effect(2, 0);
const UNARY = effect(1, 1);
const BINARY = effect(2, 1);
const TERNARY = effect(3, 0);
const READ_ONE = effect(1, 1, "reads");
const READ_TWO = effect(2, 1, "reads");
const MOVE_ONE = effect(1, 1, "moves", "f32", 0b1);
const MOVE_BOTH = effect(2, 1, "moves", "f32", 0b11);
const MOVE_FIRST = effect(2, 1, "moves", "f32", 0b01);
const MOVE_SECOND = effect(2, 1, "moves", "f32", 0b10);
const MOVE_TWO_OF_THREE = effect(3, 1, "moves", "f32", 0b011);
const makes = (pops: number, format: FloatFormat) => effect(pops, 1, "makes", format);

/** Effect of an instruction without control flow, locals, globals or calls. */
export function effectOf(code: number): Effect {
  if (code >= 0xfd00) return vectorEffect(code & 0xff);
  if (code >= 0xfc00) return bulkEffect(code & 0xff);
  if (code >= 0x8b && code <= 0x98) return floatEffect(code - 0x8b, "f32");
  if (code >= 0x99 && code <= 0xa6) return floatEffect(code - 0x99, "f64");
  if (code >= 0x28 && code <= 0x35) return UNARY;
  if (code >= 0x36 && code <= 0x3e) return STORE;
  if (code === 0x3f || (code >= 0x41 && code <= 0x44) || code === 0xd0 || code === 0xd2) {
    return PUSH;
  }
  if (code === 0x40 || code === 0x45 || code === 0x50) return UNARY;
  if (code >= 0x46 && code <= 0x5a) return BINARY;
  if (code >= 0x5b && code <= 0x66) return READ_TWO;
  if (code >= 0x67 && code <= 0x69) return UNARY;
  if (code >= 0x6a && code <= 0x78) return BINARY;
  if (code >= 0x79 && code <= 0x7b) return UNARY;
  if (code >= 0x7c && code <= 0x8a) return BINARY;
  if (code === 0xb6) return makes(1, "f32");
  if (code === 0xbb) return makes(1, "f64");
  if ((code >= 0xa8 && code <= 0xab) || (code >= 0xae && code <= 0xb1)) return READ_ONE;
  if (code === 0x25) return UNARY;
  if (code === 0x26) return STORE;
  return UNARY;
}

/** abs, neg, ceil, floor, trunc, nearest, sqrt, add, sub, mul, div, min, max, copysign. */
function floatEffect(number: number, format: FloatFormat): Effect {
  if (number <= 1) return MOVE_ONE;
  if (number <= 6) return makes(1, format);
  if (number <= 12) return makes(2, format);
  return MOVE_FIRST;
}

function bulkEffect(number: number): Effect {
  if (number <= 7) return READ_ONE;
  switch (number) {
    case 9:
    case 13:
      return effect(0, 0);
    case 15:
      return BINARY;
    case 16:
      return PUSH;
    default:
      return TERNARY;
  }
}

const VECTOR_UNARY = new Set([
  ...[0x4d, 0x53, 0x60, 0x61, 0x62, 0x63, 0x64, 0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x83, 0x84],
  ...[0x87, 0x88, 0x89, 0x8a, 0xa0, 0xa1, 0xa3, 0xa4, 0xa7, 0xa8, 0xa9, 0xaa],
  ...[0xc0, 0xc1, 0xc3, 0xc4, 0xc7, 0xc8, 0xc9, 0xca, 0xfa, 0xfb, 0xfe, 0xff],
]);

const VECTOR_MAKES = new Map<number, Effect>([
  ...[0x5e, 0x67, 0x68, 0x69, 0x6a, 0xe3].map((number) => [number, makes(1, "f32x4")] as const),
  ...[0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9].map((number) => [number, makes(2, "f32x4")] as const),
  ...[0x5f, 0x74, 0x75, 0x7a, 0x94, 0xef].map((number) => [number, makes(1, "f64x2")] as const),
  ...[0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5].map((number) => [number, makes(2, "f64x2")] as const),
]);

function vectorEffect(number: number): Effect {
  const made = VECTOR_MAKES.get(number);
  if (made !== undefined) return made;
  if (number <= 0x0a || number === 0x5c || number === 0x5d) return UNARY;
  if (number === 0x0b || (number >= 0x58 && number <= 0x5b)) return STORE;
  if (number === 0x0c) return PUSH;
  if (number === 0x0d) return MOVE_BOTH;
  if (number === 0x0e) return MOVE_FIRST;
  if (number <= 0x14) return number >= 0x13 ? MOVE_ONE : UNARY;
  if (number <= 0x22) return laneEffect(number);
  if (number >= 0x41 && number <= 0x4c) return READ_TWO;
  if (number === 0x52) return MOVE_TWO_OF_THREE;
  if (number >= 0x54 && number <= 0x57) return MOVE_SECOND;
  if (number === 0xe0 || number === 0xe1 || number === 0xec || number === 0xed) return MOVE_ONE;
  if (number === 0xea || number === 0xeb || number === 0xf6 || number === 0xf7) return MOVE_BOTH;
  if (number === 0xf8 || number === 0xf9 || number === 0xfc || number === 0xfd) return READ_ONE;
  return VECTOR_UNARY.has(number) ? UNARY : BINARY;
}

/** extract_lane and replace_lane. */
function laneEffect(number: number): Effect {
  switch (number) {
    case 0x1f:
    case 0x21:
      return MOVE_ONE;
    case 0x20:
    case 0x22:
      return MOVE_BOTH;
    case 0x17:
    case 0x1a:
    case 0x1c:
    case 0x1e:
      return MOVE_FIRST;
    default:
      return UNARY;
  }
}
