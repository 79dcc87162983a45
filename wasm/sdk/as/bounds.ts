// What a query can score at most inside boxes of keys.
import { sumLanes, sumOfEach } from "kvpim/vectors";

/** The query times the maxima where it is positive, the minima elsewhere; summed as `dot` sums. */
export function upperBound(maxima: usize, minima: usize, query: usize, length: i32): f32 {
  let even = f32x4.splat(0);
  let odd = even;
  const bytes = (<usize> length) << 2;
  const pairs = bytes & ~31;
  let at: usize = 0;
  for (; at < pairs; at += 32) {
    even = atMost(even, v128.load(query + at), maxima + at, minima + at);
    odd = atMost(odd, v128.load(query + at, 16), maxima + at + 16, minima + at + 16);
  }
  if (at < bytes) even = atMost(even, v128.load(query + at), maxima + at, minima + at);
  return sumLanes(f32x4.add(even, odd));
}

/**
 * {@link upperBound} of `count` boxes whose maxima and minima lie one behind the other: four at a
 * time, which share what is loaded of the query and are summed up together.
 */
export function upperBounds(
  maxima: usize,
  minima: usize,
  count: i32,
  query: usize,
  length: i32,
  into: usize,
): void {
  const bytes = (<usize> length) << 2;
  const whole = count & ~3;
  for (let i = 0; i < whole; i += 4) {
    v128.store(into + ((<usize> i) << 2), fourBounds(maxima, minima, bytes, query));
    maxima += 4 * bytes;
    minima += 4 * bytes;
  }
  for (let i = whole; i < count; i++) {
    store<f32>(into + ((<usize> i) << 2), upperBound(maxima, minima, query, length));
    maxima += bytes;
    minima += bytes;
  }
}

function fourBounds(maxima: usize, minima: usize, bytes: usize, query: usize): v128 {
  let even0 = f32x4.splat(0), even1 = even0, even2 = even0, even3 = even0;
  let odd0 = even0, odd1 = even0, odd2 = even0, odd3 = even0;
  const maxima2 = maxima + 2 * bytes;
  const minima2 = minima + 2 * bytes;
  const pairs = bytes & ~31;
  let at: usize = 0;
  for (; at < pairs; at += 32) {
    let channels = v128.load(query + at);
    even0 = atMost(even0, channels, maxima + at, minima + at);
    even1 = atMost(even1, channels, maxima + bytes + at, minima + bytes + at);
    even2 = atMost(even2, channels, maxima2 + at, minima2 + at);
    even3 = atMost(even3, channels, maxima2 + bytes + at, minima2 + bytes + at);
    channels = v128.load(query + at, 16);
    const next = at + 16;
    odd0 = atMost(odd0, channels, maxima + next, minima + next);
    odd1 = atMost(odd1, channels, maxima + bytes + next, minima + bytes + next);
    odd2 = atMost(odd2, channels, maxima2 + next, minima2 + next);
    odd3 = atMost(odd3, channels, maxima2 + bytes + next, minima2 + bytes + next);
  }
  if (at < bytes) {
    const channels = v128.load(query + at);
    even0 = atMost(even0, channels, maxima + at, minima + at);
    even1 = atMost(even1, channels, maxima + bytes + at, minima + bytes + at);
    even2 = atMost(even2, channels, maxima2 + at, minima2 + at);
    even3 = atMost(even3, channels, maxima2 + bytes + at, minima2 + bytes + at);
  }
  return sumOfEach(
    f32x4.add(even0, odd0),
    f32x4.add(even1, odd1),
    f32x4.add(even2, odd2),
    f32x4.add(even3, odd3),
  );
}

/** Adds what four channels contribute at most. */
function atMost(sum: v128, channels: v128, maxima: usize, minima: usize): v128 {
  const isPositive = f32x4.gt(channels, f32x4.splat(0));
  const keys = v128.bitselect(v128.load(maxima), v128.load(minima), isPositive);
  return f32x4.add(sum, f32x4.mul(keys, channels));
}
