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

/**
 * Writes the dot products of a vector with `count` vectors that lie one behind the other, each as
 * {@link dot} gives it: four at a time, which share what is loaded of the first and are summed up
 * together.
 */
export function dots(a: usize, count: i32, b: usize, length: i32, into: usize): void {
  const bytes = (<usize> length) << 2;
  const whole = count & ~3;
  for (let i = 0; i < whole; i += 4) {
    v128.store(into + ((<usize> i) << 2), fourDots(a, bytes, b));
    a += 4 * bytes;
  }
  for (let i = whole; i < count; i++) {
    store<f32>(into + ((<usize> i) << 2), dot(a, b, length));
    a += bytes;
  }
}

function fourDots(a0: usize, bytes: usize, b: usize): v128 {
  const a1 = a0 + bytes;
  const a2 = a1 + bytes;
  const a3 = a2 + bytes;
  let even0 = f32x4.splat(0), even1 = even0, even2 = even0, even3 = even0;
  let odd0 = even0, odd1 = even0, odd2 = even0, odd3 = even0;
  const pairs = bytes & ~31;
  let at: usize = 0;
  for (; at < pairs; at += 32) {
    const even = v128.load(b + at);
    const odd = v128.load(b + at, 16);
    even0 = f32x4.add(even0, f32x4.mul(v128.load(a0 + at), even));
    even1 = f32x4.add(even1, f32x4.mul(v128.load(a1 + at), even));
    even2 = f32x4.add(even2, f32x4.mul(v128.load(a2 + at), even));
    even3 = f32x4.add(even3, f32x4.mul(v128.load(a3 + at), even));
    odd0 = f32x4.add(odd0, f32x4.mul(v128.load(a0 + at, 16), odd));
    odd1 = f32x4.add(odd1, f32x4.mul(v128.load(a1 + at, 16), odd));
    odd2 = f32x4.add(odd2, f32x4.mul(v128.load(a2 + at, 16), odd));
    odd3 = f32x4.add(odd3, f32x4.mul(v128.load(a3 + at, 16), odd));
  }
  if (at < bytes) {
    const even = v128.load(b + at);
    even0 = f32x4.add(even0, f32x4.mul(v128.load(a0 + at), even));
    even1 = f32x4.add(even1, f32x4.mul(v128.load(a1 + at), even));
    even2 = f32x4.add(even2, f32x4.mul(v128.load(a2 + at), even));
    even3 = f32x4.add(even3, f32x4.mul(v128.load(a3 + at), even));
  }
  return sumOfEach(
    f32x4.add(even0, odd0),
    f32x4.add(even1, odd1),
    f32x4.add(even2, odd2),
    f32x4.add(even3, odd3),
  );
}

/** {@link sumLanes} of each. */
export function sumOfEach(a: v128, b: v128, c: v128, d: v128): v128 {
  const abLow = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
  const abHigh = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const cdLow = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
  const cdHigh = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  const first = v128.shuffle<u64>(abLow, cdLow, 0, 2);
  const second = v128.shuffle<u64>(abLow, cdLow, 1, 3);
  const third = v128.shuffle<u64>(abHigh, cdHigh, 0, 2);
  const fourth = v128.shuffle<u64>(abHigh, cdHigh, 1, 3);
  return f32x4.add(f32x4.add(f32x4.add(first, second), third), fourth);
}

/** Divides a vector by a number in place. */
export function divide(vector: usize, divisor: f32, length: i32): void {
  const divisors = f32x4.splat(divisor);
  const end = vector + ((<usize> length) << 2);
  for (; vector < end; vector += 16) {
    v128.store(vector, f32x4.div(v128.load(vector), divisors));
  }
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
