/** Attention of single queries over one layer's KV cache, which lives in this memory. */

import { attendTogether, logits } from "./heads";
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
export function attendListed(perKvHead: bool, biased: bool, turned: bool): void {
  const group = perKvHead ? queryHeads / kvHeads : 1;
  let weight = 0;
  for (let head = 0; head < queryHeads; head += group) {
    const from = load<u32>(offsets + 4 * (head / group));
    const count = load<u32>(offsets + 4 * (head / group) + 4) - from;
    attendTogether(head, group, count, true, from, biased, turned, weight);
    weight += group * count;
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
