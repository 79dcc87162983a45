/** Scaled products of the queries of a KV head and its keys. */

import { fourDots, turnedDot } from "./dots";
import { headDim, keys, queries, tokenStride } from "./layout";
import { kvOffset, token } from "./rows";

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
export function turnedLogits(head: i32, heads: i32, count: i32, list: usize, at: usize): void {
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
