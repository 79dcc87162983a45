// The k largest of some scores.

import { extend, pushRange } from "./lists";
import { pack4 } from "./pack";
import { sortable } from "./sortable";

/** Scores, sortable. Kept: it is as long as the context. */
let keys = new StaticArray<u32>(0);
/** Of these, the ones that may still be the k-th largest. */
let candidates = new StaticArray<u32>(0);
/** The smallest and the largest of `keys`. */
let smallest: u32 = 0;
let largest: u32 = 0;
/** Of the scores that equal the k-th largest, how many are among the k. */
let ties: u32 = 0;
/** How many scores equal the k-th largest. */
let equals: u32 = 0;

/**
 * Appends the indices of the `k` largest of the first `length` scores to `into`, ascending, each
 * plus `base`. Of equal scores the lower index wins; NaN counts as minus infinity.
 */
export function topK(
  scores: StaticArray<f32>,
  length: i32,
  k: i32,
  into: Array<u32>,
  base: u32 = 0,
): void {
  if (k <= 0) return;
  if (k >= length) {
    pushRange(into, base, <i32> base + length);
    return;
  }
  loadKeys(scores, length);
  const threshold = kthLargest(length, k);
  // Four more, since four are written before it is known whether any stays.
  const at = extend(into, k + 4);
  if (ties === equals) packFrom(length, threshold, base, at);
  else pushFrom(length, threshold, base, at);
  into.length -= 4;
}

/** Writes the indices of all keys from `threshold` on, each plus `base`. */
function packFrom(length: i32, threshold: u32, base: u32, to: usize): void {
  let from = changetype<usize>(keys);
  const thresholds = i32x4.splat(threshold);
  const fours = i32x4.splat(4);
  let indices = i32x4.add(i32x4.splat(base), i32x4(0, 1, 2, 3));
  // Keys past the end are 0, which is below all thresholds.
  for (const end = from + ((<usize> length) << 2); from < end; from += 16) {
    to = pack4(indices, i32x4.ge_u(v128.load(from), thresholds), to);
    indices = i32x4.add(indices, fours);
  }
}

/** Writes the indices of keys over `threshold`, and of as many that equal it as there are `ties`. */
function pushFrom(length: i32, threshold: u32, base: u32, at: usize): void {
  const from = changetype<usize>(keys);
  for (let i = 0; i < length; i++) {
    const key = load<u32>(from + ((<usize> i) << 2));
    const isTie = <u32> (key === threshold) & <u32> (ties > 0);
    store<u32>(at, base + i);
    ties -= isTie;
    at += (<usize> (<u32> (key > threshold) | isTie)) << 2;
  }
}

/** Rounds of the search that halve the scores rather than their bits. */
const ROUNDS_BY_VALUE: i32 = 6;

/** Keys that are counted at a time. */
const RUN: i32 = 16;

/** Makes scores sortable, four at a time; zeros, which are below all of them, fill the last run. */
function loadKeys(scores: StaticArray<f32>, length: i32): void {
  const padded = runsOf(length);
  if (keys.length < padded) {
    keys = new StaticArray<u32>(2 * padded);
    candidates = new StaticArray<u32>(2 * padded);
  }
  const from = changetype<usize>(scores);
  const to = changetype<usize>(keys);
  let least = i32x4.splat(-1);
  let most = i32x4.splat(0);
  const quads = (<usize> (length & ~3)) << 2;
  for (let at: usize = 0; at < quads; at += 16) {
    const key = sortable4(v128.load(from + at));
    least = i32x4.min_u(least, key);
    most = i32x4.max_u(most, key);
    v128.store(to + at, key);
  }
  least = i32x4.min_u(least, v128.shuffle<u32>(least, least, 2, 3, 0, 1));
  least = i32x4.min_u(least, v128.shuffle<u32>(least, least, 1, 0, 3, 2));
  most = i32x4.max_u(most, v128.shuffle<u32>(most, most, 2, 3, 0, 1));
  most = i32x4.max_u(most, v128.shuffle<u32>(most, most, 1, 0, 3, 2));
  smallest = i32x4.extract_lane(least, 0);
  largest = i32x4.extract_lane(most, 0);
  for (let i = length & ~3; i < length; i++) {
    const key = sortable(unchecked(scores[i]));
    smallest = min(smallest, key);
    largest = max(largest, key);
    unchecked(keys[i] = key);
  }
  for (let i = length; i < padded; i++) unchecked(keys[i] = 0);
}

/** {@link sortable} of four scores. */
function sortable4(scores: v128): v128 {
  const numbers = v128.bitselect(
    f32x4.add(scores, f32x4.splat(0)),
    f32x4.splat(-f32.MAX_VALUE * 2),
    f32x4.eq(scores, scores),
  );
  const turned = v128.or(i32x4.shr_s(numbers, 31), i32x4.splat(i32.MIN_VALUE));
  return v128.xor(numbers, turned);
}

/**
 * The k-th largest of `keys`; sets `ties` and `equals`. Halves the range it lies in, counting keys
 * from the middle on; once few are left in the range, only those are counted.
 */
function kthLargest(length: i32, k: u32): u32 {
  let from = changetype<usize>(keys);
  let count = <u32> length;
  // From `low` on there are `atLeast` keys, k or more; from `high` on `above`, fewer than k.
  let low = smallest;
  let high = largest + 1;
  let atLeast = count;
  let above: u32 = 0;
  // Keys from `high` on that are no longer among those counted.
  let dropped: u32 = 0;
  for (let rounds = 0; high - low > 1; rounds++) {
    const middle = middleOf(low, high, rounds < ROUNDS_BY_VALUE);
    const found = dropped + countFrom(from, count, middle);
    if (found >= k) {
      low = middle;
      atLeast = found;
    } else {
      high = middle;
      above = found;
    }
    if (atLeast - above > count >> 3 || count <= 16) continue;
    count = keepBetween(from, count, low, high);
    from = changetype<usize>(candidates);
    dropped = above;
  }
  ties = k - above;
  equals = atLeast - above;
  return low;
}

/**
 * A key between two. Halfway by value is nearer the middle of the scores than halfway by bits, most of
 * which tell exponents apart, but not where a few scores are far larger than the others.
 */
function middleOf(low: u32, high: u32, byValue: bool): u32 {
  if (byValue) {
    const middle = sortable((scoreOf(low) + scoreOf(high)) * 0.5);
    if (middle > low && middle < high) return middle;
  }
  return low + ((high - low) >> 1);
}

/** The score that a key was made of. */
function scoreOf(key: u32): f32 {
  return reinterpret<f32>((key >> 31) !== 0 ? key ^ 0x80000000 : ~key);
}

/** A number of keys, rounded up to whole runs. */
function runsOf(count: i32): i32 {
  return (count + RUN - 1) & ~(RUN - 1);
}

/** How many of `count` keys, filled up with zeros, are `bound` or more; `bound` is not 0. */
function countFrom(from: usize, count: u32, bound: u32): u32 {
  const bounds = i32x4.splat(bound);
  const end = from + ((<usize> count) << 2);
  let negative = i32x4.splat(0);
  let others = negative;
  for (let at = from; at < end; at += RUN << 2) {
    negative = i32x4.add(negative, i32x4.ge_u(v128.load(at), bounds));
    others = i32x4.add(others, i32x4.ge_u(v128.load(at, 16), bounds));
    negative = i32x4.add(negative, i32x4.ge_u(v128.load(at, 32), bounds));
    others = i32x4.add(others, i32x4.ge_u(v128.load(at, 48), bounds));
  }
  negative = i32x4.add(negative, others);
  negative = i32x4.add(negative, v128.shuffle<u32>(negative, negative, 2, 3, 0, 1));
  negative = i32x4.add(negative, v128.shuffle<u32>(negative, negative, 1, 0, 3, 2));
  return -i32x4.extract_lane(negative, 0);
}

/** Copies keys from `low` on and below `high` to `candidates`; gives their number. */
function keepBetween(from: usize, count: u32, low: u32, high: u32): u32 {
  const start = changetype<usize>(candidates);
  const end = from + ((<usize> count) << 2);
  const lows = i32x4.splat(low);
  const range = high - low;
  const ranges = i32x4.splat(range);
  let to = start;
  // What is packed is at most as far as what is read: the candidates may be packed into themselves.
  for (let four = from; four < end; four += 16) {
    const keys4 = v128.load(four);
    to = pack4(keys4, i32x4.lt_u(i32x4.sub(keys4, lows), ranges), to);
  }
  const kept = <i32> ((to - start) >> 2);
  // What was copied last may be none of them.
  memory.fill(to, 0, (<usize> (runsOf(kept) - kept)) << 2);
  return kept;
}
