import { laneSum } from "./lane_sum";

/** Where the numbers that are fewer than four are computed. */
const rest = memory.data(16, 16);

/**
 * The numbers below, in memory: written in a loop, V8 makes them anew in each round, which takes as
 * long as the arithmetic.
 */
const constants = memory.data<f32>([
  // The logarithm of e to base 2.
  1.44269504088896341,
  // 1.5 * 2^23: what it is added to is rounded to a whole number, which the low bits then are.
  12582912,
  // ln 2 in two parts.
  0.693359375,
  -2.12194440e-4,
  // The polynomial, from the highest power on.
  1.9875691500e-4,
  1.3981999507e-3,
  8.3334519073e-3,
  4.1665795894e-2,
  1.6666665459e-1,
  5.0000001201e-1,
  // Its bits are also the exponent of two to the power of 0.
  1,
  // The least number whose power is not 0.
  -87,
]);

function constant(index: usize): v128 {
  return v128.load32_splat(constants + 4 * index);
}

/**
 * Replaces numbers by e to the power of their difference from the largest of them; gives the sum. The
 * relative error is below 2e-7. What is less than e^-87, about the smallest normal number, is 0.
 *
 * The reduction to a power of two and the polynomial are those of Cephes' expf.
 */
export function exponentials(at: usize, count: i32, largest: f32): f32 {
  let total = laneSum(exponentialsOfFours(at, count >> 2, largest));
  const left = 4 * (count & 3);
  if (left === 0) return total;
  const last = at + 4 * (count & ~3);
  memory.copy(rest, last, left);
  exponentialsOfFours(rest, 1, largest);
  memory.copy(last, rest, left);
  for (let i = 0; i < left; i += 4) total += load<f32>(rest + i);
  return total;
}

/** Of four numbers at a time; the sums of the lanes. */
function exponentialsOfFours(at: usize, fours: i32, largest: f32): v128 {
  const log2e = constant(0), rounding = constant(1), ln2High = constant(2), ln2Low = constant(3);
  const seventh = constant(4), sixth = constant(5), fifth = constant(6), fourth = constant(7);
  const third = constant(8), half = constant(9), one = constant(10), least = constant(11);
  const shift = f32x4.splat(largest);
  let totals = f32x4.splat(0);
  for (let i = 0; i < fours; i++) {
    const x = f32x4.sub(v128.load(at), shift);
    const rounded = f32x4.add(f32x4.mul(x, log2e), rounding);
    const n = f32x4.sub(rounded, rounding);
    let r = f32x4.sub(x, f32x4.mul(n, ln2High));
    r = f32x4.sub(r, f32x4.mul(n, ln2Low));
    let p = f32x4.add(f32x4.mul(seventh, r), sixth);
    p = f32x4.add(f32x4.mul(p, r), fifth);
    p = f32x4.add(f32x4.mul(p, r), fourth);
    p = f32x4.add(f32x4.mul(p, r), third);
    p = f32x4.add(f32x4.mul(p, r), half);
    p = f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), f32x4.add(r, one));
    p = f32x4.mul(p, i32x4.add(i32x4.shl(rounded, 23), one));
    p = v128.and(p, f32x4.ge(x, least));
    v128.store(at, p);
    totals = f32x4.add(totals, p);
    at += 16;
  }
  return totals;
}
