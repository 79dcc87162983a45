/**
 * For tests only: float32 arithmetic in the order the plugins use, which is part of a result. Every
 * function rounds after each operation, as WebAssembly does.
 *
 * @module
 */

/** A key, a query or a centroid. */
export type Vector = ArrayLike<number>;

/** Rounds to float32. */
export const f32 = Math.fround;

/** Element of a list; 0 beyond its end. */
export function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? 0;
}

/**
 * Dot product: eight running sums, sum `i` of elements i, i + 8, i + 16 ...; sums i and i + 4 are
 * added, and those four from first to last.
 */
export function dot(a: Vector, b: Vector): number {
  const sums = SUMS.fill(0);
  for (let i = 0; i < a.length; i++) sums[i & 7]! += f32(at(a, i) * at(b, i));
  let total = f32(sums[0]! + sums[4]!);
  for (let lane = 1; lane < 4; lane++) total = f32(total + f32(sums[lane]! + sums[lane + 4]!));
  return total;
}

/** The running sums; a stored sum is rounded. */
const SUMS = new Float32Array(8);

/** Sum from the first to the last, starting from 0. */
export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total = f32(total + value);
  return total;
}

/** Element-wise sum of vectors in the order given, divided by their number; zeros for none. */
export function mean(vectors: readonly Vector[], dim: number): number[] {
  const count = f32(Math.max(vectors.length, 1));
  return Array.from({ length: dim }, (_, i) => f32(sum(vectors.map((one) => at(one, i))) / count));
}

/** The vector divided by its length, or by `least` if that is larger. */
export function unit(vector: Vector, least = 1e-12): number[] {
  const length = f32(Math.sqrt(dot(vector, vector)));
  const divisor = length > f32(least) ? length : f32(least);
  return Array.from(vector, (value) => f32(value / divisor));
}

const LOG2_E = f32(1.44269504088896341);
const LN2_HIGH = f32(0.693359375);
const LN2_LOW = f32(-2.12194440e-4);
/** Cephes' `expf` polynomial, highest power first. */
const EXP_COEFFICIENTS = [
  1.9875691500e-4,
  1.3981999507e-3,
  8.3334519073e-3,
  4.1665795894e-2,
  1.6666665459e-1,
  5.0000001201e-1,
].map(f32);

/** e to the power of x for x from -87 to 88; 0 below and for NaN. Cephes' `expf`. */
export function exponential(x: number): number {
  if (!(x >= -87)) return 0;
  const power = roundHalfEven(f32(x * LOG2_E));
  const high = f32(x - f32(power * LN2_HIGH));
  const rest = f32(high - f32(power * LN2_LOW));
  const polynomial = EXP_COEFFICIENTS.reduce((value, next) => f32(f32(value * rest) + next));
  const square = f32(rest * rest);
  return f32(f32(f32(f32(polynomial * square) + rest) + 1) * 2 ** power);
}

/** The sum of exponentials in double: each of four lanes adds up every fourth. */
export function sumOfLanes(values: readonly number[]): number {
  const lanes = [0, 1, 2, 3].map((lane) =>
    values.reduce((total, value, i) => i % 4 === lane ? total + value : total, 0)
  ) as [number, number, number, number];
  return lanes[0] + lanes[2] + (lanes[1] + lanes[3]);
}

/** To the nearest whole number, halves to the even one. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
