/** Attention of single queries over one layer's KV cache, which lives in this memory. */

import { attendMarked, attendTogether } from "./heads";
import {
  bias,
  capacity,
  ENTERING,
  entering,
  headDim,
  headStride,
  keys,
  kvHeads,
  layOut,
  offsets,
  output,
  queries,
  queryHeads,
  sums,
  tokens,
  tokenStride,
  turns,
  values,
  weights,
} from "./layout";
import { logits } from "./logits";
import { softmax } from "./softmax";

export { layOut };

export function enteringAt(): usize {
  return entering;
}

export function enteringTokens(): i32 {
  return ENTERING;
}

export function queriesAt(): usize {
  return queries;
}

export function outputAt(): usize {
  return output;
}

export function offsetsAt(): usize {
  return offsets;
}

export function tokensAt(): usize {
  return tokens;
}

export function biasAt(): usize {
  return bias;
}

export function weightsAt(): usize {
  return weights;
}

export function sumsAt(): usize {
  return sums;
}

export function turnsAt(): usize {
  return turns;
}

export function keysAt(): usize {
  return keys;
}

export function valuesAt(): usize {
  return values;
}

/** Takes keys and values of `entering` in as those of `count` tokens, of which the first is `token`. */
export function enter(token: i32, count: i32): void {
  const bytes = 4 * headDim;
  let key = entering;
  let value = entering + bytes * kvHeads * ENTERING;
  for (let one = 0; one < count; one++) {
    for (let head = 0; head < kvHeads; head++, key += bytes, value += bytes) {
      const to = headStride * head + tokenStride * (token + one);
      memory.copy(keys + to, key, bytes);
      memory.copy(values + to, value, bytes);
    }
  }
}

/**
 * Every head attends to the tokens from `first` up to `length`. Weights are `[queryHeads, length -
 * first]`.
 */
export function attendAll(first: i32, length: i32): void {
  const count = length - first;
  const group = queryHeads / kvHeads;
  for (let head = 0; head < queryHeads; head += group) {
    attendTogether(head, group, count, false, first, false, false, head * count);
  }
}

/**
 * Every head attends to the tokens listed for it or, with `perKvHead`, for its KV head. Weights
 * follow one another, query head after query head.
 *
 * `turned`: keys stand at the positions of their ranks in the lists, which then ascend.
 */
export function attendListed(perKvHead: bool, biased: bool, turned: bool, length: i32): void {
  const group = queryHeads / kvHeads;
  const sets = perKvHead ? 1 : group;
  let weight = 0;
  for (let head = 0; head < queryHeads; head += group) {
    const set = offsets + 4 * (head / group * sets);
    const listed = <i32> (load<u32>(set + 4 * sets) - load<u32>(set));
    // Tokens fetched one by one take about half as long again as all of them in a row.
    if (!turned && 3 * <i64> listed > 2 * <i64> length) {
      attendMarked(head, group, set, !perKvHead, length, biased, weight);
    } else {
      attendSets(head, group / sets, set, sets, biased, turned, weight);
    }
    weight += perKvHead ? group * listed : listed;
  }
}

/** Some lists of a KV head are attended to one by one, each by so many query heads. */
function attendSets(
  head: i32,
  heads: i32,
  set: usize,
  sets: i32,
  biased: bool,
  turned: bool,
  weightsAt: i32,
): void {
  for (let one = 0; one < sets; one++, head += heads, set += 4) {
    const from = load<u32>(set);
    const count = load<u32>(set, 4) - from;
    attendTogether(head, heads, count, true, from, biased, turned, weightsAt);
    weightsAt += heads * count;
  }
}

/** Adds each head's weights over the tokens from `first` up to `length` to `sums`. */
export function addWeights(first: i32, length: i32): void {
  const count = length - first;
  const group = queryHeads / kvHeads;
  for (let head = 0; head < queryHeads; head += group) {
    logits(head, group, count, 0, first, weights);
    for (let one = 0; one < group; one++) {
      const from = weights + 4 * count * one;
      softmax(from, count);
      const row = sums + 4 * (capacity * (head + one) + first);
      for (let i = 0; i < count; i++) {
        store<f32>(row + 4 * i, load<f32>(row + 4 * i) + load<f32>(from + 4 * i));
      }
    }
  }
}

/** A query head's logits over the first `length` tokens, where its weights were. */
export function logitsOf(head: i32, length: i32): usize {
  logits(head, 1, length, 0, 0, weights);
  return weights;
}
