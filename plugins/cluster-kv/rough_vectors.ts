// Vectors in 16-bit whole numbers: products that cost half of exact ones, and how wrong they may be.

/** A vector of length one becomes one of this length: sums of products stay within 31 bits. */
const SCALE: f32 = 32000;
/** Numbers that are read together; vectors are filled up with zeros. */
const STRETCH: i32 = 64;

/** Vectors of length at most one. */
export class RoughVectors {
  readonly width: i32;
  private numbers: StaticArray<i16>;

  constructor(count: i32, private dim: i32) {
    const width = (dim + STRETCH - 1) & -STRETCH;
    this.width = width;
    this.numbers = new StaticArray<i16>(count * width);
  }

  /** Address of a vector. */
  at(index: i32): usize {
    return changetype<usize>(this.numbers) + ((<usize> (index * this.width)) << 1);
  }

  /** Sets a vector to `dim` numbers divided by a length; NaN and infinite ones read 0. */
  set(index: i32, vector: usize, length: f32): void {
    const factors = f32x4.splat(SCALE / length);
    let into = this.at(index);
    for (const end = vector + ((<usize> this.dim) << 2); vector < end; vector += 16, into += 8) {
      const scaled = f32x4.nearest(f32x4.mul(v128.load(vector), factors));
      const whole = i32x4.trunc_sat_f32x4_s(scaled);
      v128.store64_lane(into, i16x8.narrow_i32x4_s(whole, whole), 0);
    }
  }
}

/**
 * How much more the product of two vectors of length at most one may be than `roughProducts` says.
 * Each number is off by half of 1 / SCALE at most, so a vector by half of sqrt(dim) / SCALE; the rest
 * is for the rounding of sums in f32.
 */
export function roughness(dim: i32): f32 {
  return <f32> 1.1 * sqrt<f32>(<f32> dim) / SCALE + <f32> 1e-5 + <f32> 1e-8 * <f32> dim;
}

/** Products of a vector with four others. Written out: a loop would cost as much as the products. */
export function roughProducts(
  vector: usize,
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  width: i32,
): v128 {
  let sumA = i32x4.splat(0), sumB = sumA, sumC = sumA, sumD = sumA;
  for (const end = vector + ((<usize> width) << 1); vector < end;) {
    const k0 = v128.load(vector), k1 = v128.load(vector, 16);
    const k2 = v128.load(vector, 32), k3 = v128.load(vector, 48);
    const k4 = v128.load(vector, 64), k5 = v128.load(vector, 80);
    const k6 = v128.load(vector, 96), k7 = v128.load(vector, 112);
    sumA = add(add(sumA, k0, k1, k2, k3, a), k4, k5, k6, k7, a + 64);
    sumB = add(add(sumB, k0, k1, k2, k3, b), k4, k5, k6, k7, b + 64);
    sumC = add(add(sumC, k0, k1, k2, k3, c), k4, k5, k6, k7, c + 64);
    sumD = add(add(sumD, k0, k1, k2, k3, d), k4, k5, k6, k7, d + 64);
    vector += 2 * STRETCH;
    a += 2 * STRETCH;
    b += 2 * STRETCH;
    c += 2 * STRETCH;
    d += 2 * STRETCH;
  }
  const sums = f32x4.convert_i32x4_s(sumsOfLanes(sumA, sumB, sumC, sumD));
  return f32x4.mul(sums, f32x4.splat(1 / (SCALE * SCALE)));
}

function add(sum: v128, k0: v128, k1: v128, k2: v128, k3: v128, other: usize): v128 {
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(k0, v128.load(other)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(k1, v128.load(other, 16)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(k2, v128.load(other, 32)));
  return i32x4.add(sum, i32x4.dot_i16x8_s(k3, v128.load(other, 48)));
}

/** The four lanes of each of four vectors added up: one lane each. */
function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(
    v128.shuffle<i32>(a, b, 0, 1, 4, 5),
    v128.shuffle<i32>(a, b, 2, 3, 6, 7),
  );
  const cd = i32x4.add(
    v128.shuffle<i32>(c, d, 0, 1, 4, 5),
    v128.shuffle<i32>(c, d, 2, 3, 6, 7),
  );
  return i32x4.add(
    v128.shuffle<i32>(ab, cd, 0, 2, 4, 6),
    v128.shuffle<i32>(ab, cd, 1, 3, 5, 7),
  );
}
