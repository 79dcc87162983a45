/**
 * Tokens in the order of their logits, without a comparison of each with others: the bits of floats
 * are numbers that can be counted into places.
 *
 * @module
 */

/** Tokens, and a key of each: an unsigned number that rises where the logit falls. */
interface Keyed {
  readonly keys: Uint32Array;
  readonly tokens: Uint32Array;
}

const DIGIT_BITS = 11;
const DIGITS = 2 ** DIGIT_BITS;
/** Sign, exponent and 7 bits of the mantissa. */
const BUCKET_SHIFT = 16;
const BUCKETS = 2 ** (32 - BUCKET_SHIFT);
/** With fewer tokens it takes less time to sort them all than to fill buckets. */
const BUCKETS_FROM = 8192;

/**
 * The likeliest tokens by falling logit, the lower token first of equals. Logits that are no numbers
 * are passed over.
 *
 * @param count most tokens to give
 * @param barred tokens to leave out
 *
 * @example
 * ```ts
 * import { likeliestFirst } from "./likeliest_first.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual([...likeliestFirst(Float32Array.of(-1, 2, NaN, 2, 0), 3)], [1, 3, 4]);
 * ```
 */
export function likeliestFirst(
  logits: Float32Array,
  count: number,
  barred?: ReadonlySet<number>,
): Uint32Array {
  const all = keyed(logits, barred);
  const selects = count < all.keys.length && all.keys.length >= BUCKETS_FROM;
  const few = selects ? firstBuckets(all, count) : all;
  return sortedByKey(few).subarray(0, count);
}

function keyed(logits: Float32Array, barred?: ReadonlySet<number>): Keyed {
  const bits = new Int32Array(logits.buffer, logits.byteOffset, logits.length);
  const keys = new Uint32Array(logits.length);
  const tokens = new Uint32Array(logits.length);
  let count = 0;
  for (let token = 0; token < bits.length; token++) {
    const own = bits[token]!;
    const isNaN = (own & 0x7fffffff) > 0x7f800000;
    if (isNaN || barred?.has(token)) continue;
    // Negative numbers rise as their logits fall; the others, -0 with them, come before.
    keys[count] = own < 0 && own !== -0x80000000 ? own : ~own & 0x7fffffff;
    tokens[count++] = token;
  }
  return { keys: keys.subarray(0, count), tokens: tokens.subarray(0, count) };
}

/** Those with the smallest keys: `count`, and others of the last one's bucket. */
function firstBuckets({ keys, tokens }: Keyed, count: number): Keyed {
  const sizes = new Uint32Array(BUCKETS);
  for (let i = 0; i < keys.length; i++) sizes[keys[i]! >>> BUCKET_SHIFT]!++;
  let [size, last] = [0, -1];
  while (size < count) size += sizes[++last]!;
  const few = { keys: new Uint32Array(size), tokens: new Uint32Array(size) };
  for (let i = 0, at = 0; i < keys.length && at < size; i++) {
    if (keys[i]! >>> BUCKET_SHIFT > last) continue;
    few.keys[at] = keys[i]!;
    few.tokens[at++] = tokens[i]!;
  }
  return few;
}

/** Tokens by rising key, those of equal keys in the order they come in: a radix sort. */
function sortedByKey(unsorted: Keyed): Uint32Array {
  let from = unsorted;
  const length = from.keys.length;
  let to: Keyed = { keys: new Uint32Array(length), tokens: new Uint32Array(length) };
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    const places = placesOf(from.keys, shift);
    for (let i = 0; i < length; i++) {
      const place = places[(from.keys[i]! >>> shift) % DIGITS]!++;
      to.keys[place] = from.keys[i]!;
      to.tokens[place] = from.tokens[i]!;
    }
    [from, to] = [to, from];
  }
  return from.tokens;
}

/** Where the first key of each digit goes. */
function placesOf(keys: Uint32Array, shift: number): Uint32Array {
  const places = new Uint32Array(DIGITS);
  for (let i = 0; i < keys.length; i++) places[(keys[i]! >>> shift) % DIGITS]!++;
  let sum = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const size = places[digit]!;
    places[digit] = sum;
    sum += size;
  }
  return places;
}
