/** Sums of values, each times the weight of its token. */

import { headDim, output, tokenStride, values } from "./layout";
import { kvOffset, token } from "./rows";

/** Bytes of the elements that a sum holds in registers at a time. */
const STRIP: i32 = 128;
/** Tokens whose values all heads and strips weigh in turn while they are in the nearest cache. */
const TILE: i32 = 32;

/** Sums the values of the tokens up, each times its weight for each of the heads. */
export function weigh(head: i32, heads: i32, count: i32, list: usize, first: i32, at: usize): void {
  const bytes = 4 * headDim;
  const source = values + kvOffset(head, first);
  memory.fill(output + bytes * head, 0, bytes * heads);
  for (let begin = 0; begin < count; begin += TILE) {
    const end = min(begin + TILE, count);
    for (let one = 0; one < heads; one++) {
      const target = output + bytes * (head + one);
      const row = at + 4 * count * one;
      let d = 0;
      for (; d + STRIP <= bytes; d += STRIP) {
        weighStrip(target + d, source + d, row, begin, end, list);
      }
      for (; d < bytes; d += 16) weighFour(target + d, source + d, row, begin, end, list);
    }
  }
}

/** Adds the weighted values of some tokens to 32 elements of a sum. */
function weighStrip(
  target: usize,
  source: usize,
  at: usize,
  begin: i32,
  end: i32,
  list: usize,
): void {
  let a = v128.load(target);
  let b = v128.load(target, 16);
  let c = v128.load(target, 32);
  let d = v128.load(target, 48);
  let e = v128.load(target, 64);
  let f = v128.load(target, 80);
  let g = v128.load(target, 96);
  let h = v128.load(target, 112);
  for (let i = begin; i < end; i++) {
    const w = v128.load32_splat(at + 4 * i);
    const row = source + tokenStride * token(list, i);
    a = f32x4.add(a, f32x4.mul(w, v128.load(row)));
    b = f32x4.add(b, f32x4.mul(w, v128.load(row, 16)));
    c = f32x4.add(c, f32x4.mul(w, v128.load(row, 32)));
    d = f32x4.add(d, f32x4.mul(w, v128.load(row, 48)));
    e = f32x4.add(e, f32x4.mul(w, v128.load(row, 64)));
    f = f32x4.add(f, f32x4.mul(w, v128.load(row, 80)));
    g = f32x4.add(g, f32x4.mul(w, v128.load(row, 96)));
    h = f32x4.add(h, f32x4.mul(w, v128.load(row, 112)));
  }
  v128.store(target, a);
  v128.store(target, b, 16);
  v128.store(target, c, 32);
  v128.store(target, d, 48);
  v128.store(target, e, 64);
  v128.store(target, f, 80);
  v128.store(target, g, 96);
  v128.store(target, h, 112);
}

function weighFour(
  target: usize,
  source: usize,
  at: usize,
  begin: i32,
  end: i32,
  list: usize,
): void {
  let total = v128.load(target);
  for (let i = begin; i < end; i++) {
    const row = source + tokenStride * token(list, i);
    total = f32x4.add(total, f32x4.mul(v128.load32_splat(at + 4 * i), v128.load(row)));
  }
  v128.store(target, total);
}
