/** Attention of one query head. */

import {
  bias,
  headDim,
  keys,
  kvHeads,
  output,
  queries,
  queryHeads,
  tokens,
  tokenStride,
  turns,
  values,
  weights,
} from "./layout";
import { laneSum, softmax } from "./softmax";

/** Bytes of the elements that the weighted sum holds in registers at a time. */
const STRIP: i32 = 128;

function token(list: usize, i: i32): usize {
  return list === 0 ? i : load<u32>(list + 4 * i);
}

/** Byte offset of the KV head of a query head within `keys` or `values`, from token `first` on. */
function kvOffset(head: i32, first: i32): usize {
  return tokenStride * first + 4 * headDim * (head / (queryHeads / kvHeads));
}

/** Products of a query and four keys, `bytes` long each. */
function fourDots(query: usize, k0: usize, k1: usize, k2: usize, k3: usize, bytes: i32): v128 {
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
function turnedDot(query: usize, key: usize, steps: usize): f32 {
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

/**
 * Attends to `count` tokens: those from token `from` on, or those listed in `tokens` from there on.
 * Weights go where `weights` has `weightsAt`.
 */
export function attendHead(
  head: i32,
  count: i32,
  listed: bool,
  from: i32,
  biased: bool,
  turned: bool,
  weightsAt: i32,
): void {
  const list: usize = listed ? tokens + 4 * from : 0;
  const at = weights + 4 * weightsAt;
  const first = listed ? 0 : from;
  const top = turned ? turnedLogits(head, count, list, at) : logits(head, count, list, first, at);
  softmax(at, count, biased ? addBias(at, bias + 4 * from, count) : top);
  const bytes = 4 * headDim;
  const source = values + kvOffset(head, first);
  const target = output + bytes * head;
  let d = 0;
  for (; d + STRIP <= bytes; d += STRIP) weighStrip(target + d, source + d, at, count, list);
  for (; d < bytes; d += 16) weighFour(target + d, source + d, at, count, list);
}

/**
 * Writes the logits, up to three beyond them too, and returns the largest. Without a list they are
 * those of the tokens from `first` on.
 */
export function logits(head: i32, count: i32, list: usize, first: i32, at: usize): f32 {
  const bytes = 4 * headDim;
  const query = queries + bytes * head;
  const source = keys + kvOffset(head, first);
  const scale = f32x4.splat(1 / sqrt<f32>(f32(headDim)));
  const last = count - 1;
  let tops = f32x4.splat(-Infinity);
  for (let i = 0; i < count; i += 4) {
    // Past the end the last token is taken again, which changes no maximum.
    const dots = fourDots(
      query,
      source + tokenStride * token(list, i),
      source + tokenStride * token(list, min(i + 1, last)),
      source + tokenStride * token(list, min(i + 2, last)),
      source + tokenStride * token(list, min(i + 3, last)),
      bytes,
    );
    const four = f32x4.mul(dots, scale);
    v128.store(at + 4 * i, four);
    tops = f32x4.max(tops, four);
  }
  return max(
    max(f32x4.extract_lane(tops, 0), f32x4.extract_lane(tops, 1)),
    max(f32x4.extract_lane(tops, 2), f32x4.extract_lane(tops, 3)),
  );
}

/** As `logits`, with each key at the position of its rank. */
function turnedLogits(head: i32, count: i32, list: usize, at: usize): f32 {
  const query = queries + 4 * headDim * head;
  const source = keys + kvOffset(head, 0);
  const scale: f32 = 1 / sqrt<f32>(f32(headDim));
  let top: f32 = -Infinity;
  for (let i = 0; i < count; i++) {
    const place = token(list, i);
    const logit = turnedDot(query, source + tokenStride * place, place - i) * scale;
    store<f32>(at + 4 * i, logit);
    top = max(top, logit);
  }
  return top;
}

/** Adds the bias to the logits and returns the largest. */
function addBias(at: usize, from: usize, count: i32): f32 {
  let top: f32 = -Infinity;
  for (let i = 0; i < count; i++) {
    const logit = load<f32>(at + 4 * i) + load<f32>(from + 4 * i);
    store<f32>(at + 4 * i, logit);
    top = max(top, logit);
  }
  return top;
}

/** Weighted sum of 32 elements of the values. */
function weighStrip(target: usize, source: usize, at: usize, count: i32, list: usize): void {
  let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (let i = 0; i < count; i++) {
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

function weighFour(target: usize, source: usize, at: usize, count: i32, list: usize): void {
  let total = f32x4.splat(0);
  for (let i = 0; i < count; i++) {
    const row = source + tokenStride * token(list, i);
    total = f32x4.add(total, f32x4.mul(v128.load32_splat(at + 4 * i), v128.load(row)));
  }
  v128.store(target, total);
}
