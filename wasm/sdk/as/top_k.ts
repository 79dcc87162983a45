// The k largest of some scores.

import { sortable } from "./sortable";

const DIGIT_BITS: i32 = 11;
const DIGIT_VALUES: i32 = 1 << DIGIT_BITS;

/** How many scores have each value of a digit. */
const counts = new StaticArray<u32>(DIGIT_VALUES);
/** Scores that may be the k-th largest, sortable. Kept: it is as long as the context. */
let candidates = new StaticArray<u32>(0);
/** Of the scores that equal the k-th largest, how many are among the k. */
let ties: u32 = 0;

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
    for (let i = 0; i < length; i++) into.push(base + i);
    return;
  }
  const threshold = kthLargest(scores, length, k);
  const first = into.length;
  // One more, since every index is written before it is known whether it stays.
  into.length = first + k + 1;
  let at = into.dataStart + ((<usize> first) << 2);
  for (let i = 0; i < length; i++) {
    const score = sortable(unchecked(scores[i]));
    const isTie = <u32> (score === threshold) & <u32> (ties > 0);
    store<u32>(at, base + i);
    ties -= isTie;
    at += (<usize> (<u32> (score > threshold) | isTie)) << 2;
  }
  into.length = first + k;
}

/**
 * The k-th largest score, sortable; sets `ties`. Digit by digit from the highest: scores with
 * another digit than the k-th largest drop out.
 */
function kthLargest(scores: StaticArray<f32>, length: i32, k: u32): u32 {
  if (candidates.length < length) candidates = new StaticArray<u32>(2 * length);
  for (let i = 0; i < length; i++) {
    unchecked(candidates[i] = sortable(unchecked(scores[i])));
  }
  ties = k;
  let left = keepDigit(length, 32 - DIGIT_BITS);
  left = keepDigit(left, 32 - 2 * DIGIT_BITS);
  keepDigit(left, 0);
  return unchecked(candidates[0]);
}

/**
 * Keeps of the first `length` candidates those whose digit from bit `shift` on is that of the
 * `ties`-th largest, and takes those above it off `ties`. Gives how many are kept.
 */
function keepDigit(length: i32, shift: i32): i32 {
  memory.fill(changetype<usize>(counts), 0, DIGIT_VALUES << 2);
  for (let i = 0; i < length; i++) {
    const digit = digitOf(unchecked(candidates[i]), shift);
    unchecked(counts[digit] = counts[digit] + 1);
  }
  let digit: u32 = DIGIT_VALUES - 1;
  while (unchecked(counts[digit]) < ties) {
    ties -= unchecked(counts[digit]);
    digit--;
  }
  let kept = 0;
  for (let i = 0; i < length; i++) {
    const candidate = unchecked(candidates[i]);
    unchecked(candidates[kept] = candidate);
    kept += <i32> (digitOf(candidate, shift) === digit);
  }
  return kept;
}

/** The lowest digit shares a bit with the one above it, which all candidates have in common. */
function digitOf(candidate: u32, shift: i32): u32 {
  return (candidate >> shift) & (DIGIT_VALUES - 1);
}
