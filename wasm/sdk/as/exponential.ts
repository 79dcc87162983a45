// e to the power of x in float32, the same bits on every machine.

/**
 * The numbers below, in memory: written in a loop, V8 makes them anew in each round, which takes as
 * long as the arithmetic.
 */
const CONSTANTS: StaticArray<f32> = [
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
];

function constant(index: i32): v128 {
  return v128.load32_splat(changetype<usize>(CONSTANTS) + ((<usize> index) << 2));
}

/**
 * Replaces numbers by e to the power of their difference from `largest`; 0 where that is below -87 or
 * NaN. The polynomial is that of Cephes' expf; the error is below two units in the last place. Gives
 * the sum in double, of which each of four lanes adds up every fourth.
 *
 * @param values As many as `length` rounded up to a multiple of 4
 * @param largest What no number exceeds by 88 or more
 */
export function exponentials(values: StaticArray<f32>, length: i32, largest: f32): f64 {
  const log2e = constant(0), rounding = constant(1), ln2High = constant(2), ln2Low = constant(3);
  const seventh = constant(4), sixth = constant(5), fifth = constant(6), fourth = constant(7);
  const third = constant(8), half = constant(9), one = constant(10), least = constant(11);
  const shift = f32x4.splat(largest);
  const lanes = i32x4(0, 1, 2, 3);
  let lower = f64x2.splat(0);
  let upper = lower;
  let at = changetype<usize>(values);
  for (let left = length; left > 0; left -= 4) {
    const x = f32x4.sub(v128.load(at), shift);
    const rounded = f32x4.add(f32x4.mul(x, log2e), rounding);
    const power = f32x4.sub(rounded, rounding);
    const high = f32x4.sub(x, f32x4.mul(power, ln2High));
    const rest = f32x4.sub(high, f32x4.mul(power, ln2Low));
    let value = f32x4.add(f32x4.mul(seventh, rest), sixth);
    value = f32x4.add(f32x4.mul(value, rest), fifth);
    value = f32x4.add(f32x4.mul(value, rest), fourth);
    value = f32x4.add(f32x4.mul(value, rest), third);
    value = f32x4.add(f32x4.mul(value, rest), half);
    value = f32x4.add(f32x4.mul(value, f32x4.mul(rest, rest)), rest);
    value = f32x4.add(value, one);
    value = f32x4.mul(value, i32x4.add(i32x4.shl(rounded, 23), one));
    value = v128.and(value, f32x4.ge(x, least));
    v128.store(at, value);
    const counted = v128.and(value, i32x4.lt_s(lanes, i32x4.splat(left)));
    lower = f64x2.add(lower, f64x2.promote_low_f32x4(counted));
    const others = v128.shuffle<f32>(counted, counted, 2, 3, 2, 3);
    upper = f64x2.add(upper, f64x2.promote_low_f32x4(others));
    at += 16;
  }
  const sums = f64x2.add(lower, upper);
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

const laneSums = new StaticArray<f64>(4);

/**
 * The sum of some exponentials, added up as {@link exponentials} adds all: it is never larger than
 * that, and the same where none is left out.
 *
 * @param indices Ascending from place `first` on
 */
export function sumOfListed(values: StaticArray<f32>, indices: Array<u32>, first: i32): f64 {
  memory.fill(changetype<usize>(laneSums), 0, 32);
  for (let i = first, end = indices.length; i < end; i++) {
    const index = unchecked(indices[i]);
    unchecked(laneSums[index & 3] += values[index]);
  }
  const lower = unchecked(laneSums[0]) + unchecked(laneSums[2]);
  return lower + (unchecked(laneSums[1]) + unchecked(laneSums[3]));
}

/** The largest of some numbers, NaN aside; minus infinity for none. */
export function largestOf(values: StaticArray<f32>, length: i32): f32 {
  // Of two numbers `pmax` keeps the first unless the second is larger: a NaN is never kept.
  let four = f32x4.splat(-f32.MAX_VALUE * 2);
  let at = changetype<usize>(values);
  const end = at + ((<usize> (length & ~3)) << 2);
  for (; at < end; at += 16) four = f32x4.pmax(four, v128.load(at));
  four = f32x4.pmax(four, v128.shuffle<f32>(four, four, 2, 3, 0, 1));
  four = f32x4.pmax(four, v128.shuffle<f32>(four, four, 1, 0, 3, 2));
  let largest = f32x4.extract_lane(four, 0);
  for (let i = length & ~3; i < length; i++) {
    const value = unchecked(values[i]);
    if (value > largest) largest = value;
  }
  return largest;
}
