// Vector arithmetic on f32 values in memory, four lanes at a time. Addresses come from
// `address(array, index)`; lengths are multiples of 4.

/** Address of an element of an array. */
export function address(array: StaticArray<f32>, index: i32 = 0): usize {
  return changetype<usize>(array) + ((<usize> index) << 2);
}

/**
 * Dot product of two vectors. Lanes i, i + 4, i + 8 ... are summed in two interleaved halves, then
 * the four lanes from first to last: the order is part of the result.
 */
export function dot(a: usize, b: usize, length: i32): f32 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  const end = a + ((<usize> length) << 2);
  const pairsEnd = a + ((<usize> (length & ~7)) << 2);
  while (a < pairsEnd) {
    even = f32x4.add(even, f32x4.mul(v128.load(a), v128.load(b)));
    odd = f32x4.add(odd, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    a += 32;
    b += 32;
  }
  if (a < end) even = f32x4.add(even, f32x4.mul(v128.load(a), v128.load(b)));
  return sumLanes(f32x4.add(even, odd));
}

/** Adds a vector to another in place. */
export function addTo(target: usize, source: usize, length: i32): void {
  const end = target + ((<usize> length) << 2);
  while (target < end) {
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
    target += 16;
    source += 16;
  }
}

/** Writes a vector times a number; target and source may be the same. */
export function scaleInto(target: usize, source: usize, factor: f32, length: i32): void {
  const end = target + ((<usize> length) << 2);
  const factors = f32x4.splat(factor);
  while (target < end) {
    v128.store(target, f32x4.mul(v128.load(source), factors));
    target += 16;
    source += 16;
  }
}

/** The four lanes added from first to last. */
export function sumLanes(lanes: v128): f32 {
  return f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1) +
    f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3);
}
