/** Attention of single queries over one layer's KV cache, which lives in this memory. */

import { attendHead, logits } from "./head";
import {
  bias,
  capacity,
  keys,
  kvHeads,
  layOut,
  offsets,
  output,
  queries,
  queryHeads,
  sums,
  tokens,
  turns,
  values,
  weights,
} from "./layout";
import { softmax } from "./softmax";

export { layOut };

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

/**
 * Every head attends to the tokens from `first` up to `length`. Weights are `[queryHeads, length -
 * first]`.
 */
export function attendAll(first: i32, length: i32): void {
  const count = length - first;
  for (let head = 0; head < queryHeads; head++) {
    attendHead(head, count, false, first, false, false, head * count);
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
  for (let head = 0; head < queryHeads; head++) {
    const from = load<u32>(offsets + 4 * (head / group));
    const count = load<u32>(offsets + 4 * (head / group) + 4) - from;
    attendHead(head, count, true, from, biased, turned, weight);
    weight += count;
  }
}

/** Adds each head's weights over the tokens from `first` up to `length` to `sums`. */
export function addWeights(first: i32, length: i32): void {
  const count = length - first;
  for (let head = 0; head < queryHeads; head++) {
    softmax(weights, count, logits(head, count, 0, first, weights));
    const row = sums + 4 * (capacity * head + first);
    for (let i = 0; i < count; i++) {
      store<f32>(row + 4 * i, load<f32>(row + 4 * i) + load<f32>(weights + 4 * i));
    }
  }
}

/** A query head's logits over the first `length` tokens, where its weights were. */
export function logitsOf(head: i32, length: i32): usize {
  logits(head, length, 0, 0, weights);
  return weights;
}
