/** Products of queries and keys. */

import { headDim, turns } from "./layout";
import { laneSum } from "./lane_sum";

/** Products of a query and four keys, `bytes` long each. */
export function fourDots(
  query: usize,
  k0: usize,
  k1: usize,
  k2: usize,
  k3: usize,
  bytes: i32,
): v128 {
  let a = f32x4.splat(0), b = a, c = a, d = a;
  for (let i = 0; i < bytes; i += 16) {
    const q = v128.load(query + i);
    a = f32x4.add(a, f32x4.mul(q, v128.load(k0 + i)));
    b = f32x4.add(b, f32x4.mul(q, v128.load(k1 + i)));
    c = f32x4.add(c, f32x4.mul(q, v128.load(k2 + i)));
    d = f32x4.add(d, f32x4.mul(q, v128.load(k3 + i)));
  }
  const ab = f32x4.add(
    v128.shuffle<f32>(a, b, 0, 2, 4, 6),
    v128.shuffle<f32>(a, b, 1, 3, 5, 7),
  );
  const cd = f32x4.add(
    v128.shuffle<f32>(c, d, 0, 2, 4, 6),
    v128.shuffle<f32>(c, d, 1, 3, 5, 7),
  );
  return f32x4.add(
    v128.shuffle<f32>(ab, cd, 0, 2, 4, 6),
    v128.shuffle<f32>(ab, cd, 1, 3, 5, 7),
  );
}

/** Product of a query and a key, the key turned back by `steps` positions. */
export function turnedDot(query: usize, key: usize, steps: usize): f32 {
  const half: usize = 2 * headDim;
  const cos = turns + steps * 2 * half;
  const sin = cos + half;
  const whole = half & ~15;
  let lanes = f32x4.splat(0);
  let i: usize = 0;
  for (; i < whole; i += 16) {
    const c = v128.load(cos + i);
    const s = v128.load(sin + i);
    const low = v128.load(key + i);
    const high = v128.load(key + half + i);
    const turnedLow = f32x4.add(f32x4.mul(low, c), f32x4.mul(high, s));
    const turnedHigh = f32x4.sub(f32x4.mul(high, c), f32x4.mul(low, s));
    lanes = f32x4.add(lanes, f32x4.mul(v128.load(query + i), turnedLow));
    lanes = f32x4.add(lanes, f32x4.mul(v128.load(query + half + i), turnedHigh));
  }
  let total = laneSum(lanes);
  for (; i < half; i += 4) {
    const c = load<f32>(cos + i);
    const s = load<f32>(sin + i);
    const low = load<f32>(key + i);
    const high = load<f32>(key + half + i);
    total += load<f32>(query + i) * (low * c + high * s) +
      load<f32>(query + half + i) * (high * c - low * s);
  }
  return total;
}
