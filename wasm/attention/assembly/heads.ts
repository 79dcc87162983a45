/** Attention of query heads that share a KV head and the tokens they attend to. */

import {
  bias,
  headDim,
  headStride,
  keys,
  kvHeads,
  marked,
  offsets,
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
/** Tokens whose values all heads and strips weigh in turn while they are in the nearest cache. */
const TILE: i32 = 32;

function token(list: usize, i: i32): usize {
  return list === 0 ? i : load<u32>(list + 4 * i);
}

/** Byte offset of the KV head of a query head within `keys` or `values`, from token `first` on. */
function kvOffset(head: i32, first: i32): usize {
  return headStride * (head / (queryHeads / kvHeads)) + tokenStride * first;
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
 * Some query heads, of one KV head, attend to `count` tokens: those from token `from` on, or those
 * listed in `tokens` from there on. Weights go where `weights` has `weightsAt`, head after head.
 */
export function attendTogether(
  head: i32,
  heads: i32,
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
  if (turned) turnedLogits(head, heads, count, list, at);
  else logits(head, heads, count, list, first, at);
  for (let one = 0; one < heads; one++) {
    const row = at + 4 * count * one;
    if (biased) addBias(row, bias + 4 * from, count);
    softmax(row, count);
  }
  weigh(head, heads, count, list, first, at);
}

/**
 * The query heads of one KV head attend to the tokens listed for them by way of all `length` tokens:
 * these lie one behind the other and are fetched once for all heads, and what is not listed weighs
 * nothing.
 *
 * @param sets lists of these heads: one of them all, or one of each
 */
export function attendMarked(
  head: i32,
  heads: i32,
  sets: i32,
  length: i32,
  biased: bool,
  weightsAt: i32,
): void {
  logits(head, heads, length, 0, 0, marked);
  let at = weights + 4 * weightsAt;
  for (let one = 0; one < heads; one++) {
    const set = offsets + 4 * (head * sets / heads + (sets === 1 ? 0 : one));
    const from = load<u32>(set);
    const count = <i32> (load<u32>(set, 4) - from);
    const list = tokens + 4 * from;
    const row = marked + 4 * length * one;
    for (let i = 0; i < count; i++) {
      store<f32>(at + 4 * i, load<f32>(row + 4 * token(list, i)));
    }
    if (biased) addBias(at, bias + 4 * from, count);
    softmax(at, count);
    memory.fill(row, 0, 4 * length);
    for (let i = 0; i < count; i++) {
      const place = row + 4 * token(list, i);
      store<f32>(place, load<f32>(place) + load<f32>(at + 4 * i));
    }
    at += 4 * count;
  }
  weigh(head, heads, length, 0, 0, marked);
}

/**
 * Writes the logits of some query heads of one KV head, `[heads, count]`. Without a list they are
 * those of the tokens from `first` on.
 */
export function logits(
  head: i32,
  heads: i32,
  count: i32,
  list: usize,
  first: i32,
  at: usize,
): void {
  const bytes = 4 * headDim;
  const source = keys + kvOffset(head, first);
  const scale = f32x4.splat(1 / sqrt<f32>(f32(headDim)));
  const last = count - 1;
  for (let i = 0; i < count; i += 4) {
    // Past the end the last token is taken again.
    const k0 = source + tokenStride * token(list, i);
    const k1 = source + tokenStride * token(list, min(i + 1, last));
    const k2 = source + tokenStride * token(list, min(i + 2, last));
    const k3 = source + tokenStride * token(list, min(i + 3, last));
    for (let one = 0; one < heads; one++) {
      const dots = fourDots(queries + bytes * (head + one), k0, k1, k2, k3, bytes);
      storeLanes(at + 4 * (count * one + i), f32x4.mul(dots, scale), count - i);
    }
  }
}

/** Stores the first `count` lanes, at most all. */
function storeLanes(at: usize, lanes: v128, count: i32): void {
  if (count >= 4) {
    v128.store(at, lanes);
    return;
  }
  store<f32>(at, f32x4.extract_lane(lanes, 0));
  if (count > 1) store<f32>(at, f32x4.extract_lane(lanes, 1), 4);
  if (count > 2) store<f32>(at, f32x4.extract_lane(lanes, 2), 8);
}

/** As `logits`, with each key at the position of its rank. */
function turnedLogits(head: i32, heads: i32, count: i32, list: usize, at: usize): void {
  const source = keys + kvOffset(head, 0);
  const scale: f32 = 1 / sqrt<f32>(f32(headDim));
  for (let i = 0; i < count; i++) {
    const place = token(list, i);
    const key = source + tokenStride * place;
    for (let one = 0; one < heads; one++) {
      const dot = turnedDot(queries + 4 * headDim * (head + one), key, place - i);
      store<f32>(at + 4 * (count * one + i), dot * scale);
    }
  }
}

function addBias(at: usize, from: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    store<f32>(at + 4 * i, load<f32>(at + 4 * i) + load<f32>(from + 4 * i));
  }
}

/** Sums the values of the tokens up, each times its weight for each of the heads. */
function weigh(head: i32, heads: i32, count: i32, list: usize, first: i32, at: usize): void {
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
