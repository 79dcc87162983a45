// What a query can score at most inside a box of keys.
import { sumLanes } from "kvpim/vectors";

/** The query times the maxima where it is positive, the minima elsewhere; summed as `dot` sums. */
export function upperBound(maxima: usize, minima: usize, query: usize, length: i32): f32 {
  const zero = f32x4.splat(0);
  let even = zero;
  let odd = zero;
  const bytes = (<usize> length) << 2;
  let at: usize = 0;
  for (; at + 16 < bytes; at += 32) {
    const first = v128.load(query + at);
    const firstKeys = v128.bitselect(
      v128.load(maxima + at),
      v128.load(minima + at),
      f32x4.gt(first, zero),
    );
    even = f32x4.add(even, f32x4.mul(firstKeys, first));
    const second = v128.load(query + at, 16);
    const secondKeys = v128.bitselect(
      v128.load(maxima + at, 16),
      v128.load(minima + at, 16),
      f32x4.gt(second, zero),
    );
    odd = f32x4.add(odd, f32x4.mul(secondKeys, second));
  }
  if (at < bytes) {
    const last = v128.load(query + at);
    const keys = v128.bitselect(
      v128.load(maxima + at),
      v128.load(minima + at),
      f32x4.gt(last, zero),
    );
    even = f32x4.add(even, f32x4.mul(keys, last));
  }
  return sumLanes(f32x4.add(even, odd));
}
