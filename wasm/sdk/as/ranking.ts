// Scores in falling order, as many of them as are asked for.

import { sortable } from "./sortable";

/**
 * Ranks scores lazily: a heap of which only the top is ever sorted. Of equal scores the lower index
 * comes first; NaN counts as minus infinity.
 */
export class Ranking {
  private heap: StaticArray<u64> = new StaticArray<u64>(0);
  private size: i32 = 0;

  /** Starts over with the first `length` scores. */
  load(scores: StaticArray<f32>, length: i32): void {
    if (this.heap.length < length) this.heap = new StaticArray<u64>(length * 2);
    const heap = this.heap;
    for (let i = 0; i < length; i++) unchecked(heap[i] = rankKey(unchecked(scores[i]), i));
    this.size = length;
    for (let i = (length >> 1) - 1; i >= 0; i--) this.sink(i, unchecked(heap[i]));
  }

  /** Index of the next largest score; -1 after the last. */
  next(): i32 {
    if (this.size === 0) return -1;
    const heap = this.heap;
    const top = unchecked(heap[0]);
    this.size--;
    if (this.size > 0) this.sink(0, unchecked(heap[this.size]));
    return ~(<i32> top);
  }

  private sink(hole: i32, key: u64): void {
    const heap = this.heap;
    const size = this.size;
    while (true) {
      let child = 2 * hole + 1;
      if (child >= size) break;
      if (child + 1 < size && unchecked(heap[child + 1]) > unchecked(heap[child])) child++;
      if (key >= unchecked(heap[child])) break;
      unchecked(heap[hole] = unchecked(heap[child]));
      hole = child;
    }
    unchecked(heap[hole] = key);
  }
}

/** A whole number that is larger for a larger score, and among equal scores for a lower index. */
export function rankKey(score: f32, index: i32): u64 {
  return (<u64> sortable(score) << 32) | <u64> <u32> ~index;
}
