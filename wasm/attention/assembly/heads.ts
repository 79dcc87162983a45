/** Attention of query heads that share a KV head. */

import { bias, marked, tokens, weights } from "./layout";
import { logits, turnedLogits } from "./logits";
import { token } from "./rows";
import { softmax } from "./softmax";
import { weigh } from "./weigh";

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
 * @param set address of the offset of their first list
 * @param each whether each has a list of its own
 */
export function attendMarked(
  head: i32,
  heads: i32,
  set: usize,
  each: bool,
  length: i32,
  biased: bool,
  weightsAt: i32,
): void {
  logits(head, heads, length, 0, 0, marked);
  let at = weights + 4 * weightsAt;
  for (let one = 0; one < heads; one++) {
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
    if (each) set += 4;
  }
  weigh(head, heads, length, 0, 0, marked);
}

function addBias(at: usize, from: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    store<f32>(at + 4 * i, load<f32>(at + 4 * i) + load<f32>(from + 4 * i));
  }
}
