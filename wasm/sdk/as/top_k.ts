// The k largest of some scores.

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
  if (k >= length) {
    for (let i = 0; i < length; i++) into.push(base + i);
    return;
  }
  if (k <= 0) return;
  const threshold = kthLargest(scores, length, k);
  let ties = k;
  for (let i = 0; i < length; i++) if (ordered(unchecked(scores[i])) > threshold) ties--;
  for (let i = 0; i < length; i++) {
    const score = ordered(unchecked(scores[i]));
    if (score > threshold || (score === threshold && ties-- > 0)) into.push(base + i);
  }
}

/** The k-th largest score, by a heap of the k largest seen so far with the smallest on top. */
export function kthLargest(scores: StaticArray<f32>, length: i32, k: i32): f32 {
  const heap = new StaticArray<f32>(k);
  for (let i = 0; i < k; i++) unchecked(heap[i] = ordered(unchecked(scores[i])));
  for (let i = (k >> 1) - 1; i >= 0; i--) sink(heap, k, i, unchecked(heap[i]));
  for (let i = k; i < length; i++) {
    const score = ordered(unchecked(scores[i]));
    if (score > unchecked(heap[0])) sink(heap, k, 0, score);
  }
  return heap[0];
}

// @ts-ignore: decorator

function ordered(score: f32): f32 {
  return score === score ? score : -f32.MAX_VALUE * 2;
}

function sink(heap: StaticArray<f32>, size: i32, hole: i32, value: f32): void {
  while (true) {
    let child = 2 * hole + 1;
    if (child >= size) break;
    if (child + 1 < size && unchecked(heap[child + 1]) < unchecked(heap[child])) child++;
    if (value <= unchecked(heap[child])) break;
    unchecked(heap[hole] = unchecked(heap[child]));
    hole = child;
  }
  unchecked(heap[hole] = value);
}
