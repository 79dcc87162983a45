// e to the power of x in float32, the same bits on every machine.

/**
 * e to the power of four numbers from -87 to 88; 0 below and for NaN. The polynomial is that of
 * Cephes' expf; the error is below two units in the last place.
 */
export function exponential4(x: v128): v128 {
  const power = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  const high = f32x4.sub(x, f32x4.mul(power, f32x4.splat(0.693359375)));
  const rest = f32x4.sub(high, f32x4.mul(power, f32x4.splat(-2.12194440e-4)));
  let value = f32x4.splat(1.9875691500e-4);
  value = f32x4.add(f32x4.mul(value, rest), f32x4.splat(1.3981999507e-3));
  value = f32x4.add(f32x4.mul(value, rest), f32x4.splat(8.3334519073e-3));
  value = f32x4.add(f32x4.mul(value, rest), f32x4.splat(4.1665795894e-2));
  value = f32x4.add(f32x4.mul(value, rest), f32x4.splat(1.6666665459e-1));
  value = f32x4.add(f32x4.mul(value, rest), f32x4.splat(5.0000001201e-1));
  value = f32x4.add(f32x4.mul(value, f32x4.mul(rest, rest)), rest);
  value = f32x4.add(value, f32x4.splat(1));
  const biased = i32x4.add(i32x4.trunc_sat_f32x4_s(power), i32x4.splat(127));
  const scaled = f32x4.mul(value, i32x4.shl(biased, 23));
  return v128.and(scaled, f32x4.ge(x, f32x4.splat(-87)));
}

/**
 * Replaces numbers by e to the power of their difference from `largest`.
 *
 * @param values As many as `length` rounded up to a multiple of 4
 */
export function exponentials(values: StaticArray<f32>, length: i32, largest: f32): void {
  let at = changetype<usize>(values);
  const end = at + ((<usize> length) << 2);
  const shift = f32x4.splat(largest);
  for (; at < end; at += 16) v128.store(at, exponential4(f32x4.sub(v128.load(at), shift)));
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
