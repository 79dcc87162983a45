/**
 * For tests only: the order in which `torch.argsort` puts labels on a CPU. That sort is not stable:
 * it is libstdc++'s `std::sort`, whose order of equal labels decides which tokens of a cluster come
 * first.
 *
 * @module
 */
import { at } from "./float32.ts";
import { range } from "./ranking.ts";

/** Longest run that is left to the insertion sort. */
const SHORT = 16;

/**
 * Indices sorted by label: quicksort around the median of the second, the middle and the last
 * label down to runs of 16, then one insertion sort over everything. `std::sort` turns to heapsort
 * after 2 log2 n partitions, which the few labels of a window do not reach.
 */
export function labelOrder(labels: readonly number[]): number[] {
  const order = range(0, labels.length);
  partitionRuns(order, labels, 0, labels.length);
  return insertionSort(order, labels);
}

function partitionRuns(order: number[], labels: readonly number[], from: number, to: number): void {
  let end = to;
  while (end - from > SHORT) {
    medianFirst(order, labels, from, end);
    const cut = partition(order, labels, from, end);
    partitionRuns(order, labels, cut, end);
    end = cut;
  }
}

/** Swaps the median of three into the first place. */
function medianFirst(order: number[], labels: readonly number[], from: number, end: number): void {
  const candidates = [from + 1, from + Math.floor((end - from) / 2), end - 1];
  const [a, b, c] = candidates.map((place) => at(labels, at(order, place)));
  const before = (x = 0, y = 0) => x < y;
  const median = before(a, b)
    ? before(b, c) ? 1 : before(a, c) ? 2 : 0
    : before(a, c)
    ? 0
    : before(b, c)
    ? 2
    : 1;
  swap(order, from, at(candidates, median));
}

/** Hoare's partition around the label in the first place. Gives where the upper part begins. */
function partition(order: number[], labels: readonly number[], from: number, end: number): number {
  const label = (place: number) => at(labels, at(order, place));
  let low = from + 1;
  let high = end;
  while (true) {
    while (label(low) < label(from)) low++;
    high--;
    while (label(from) < label(high)) high--;
    if (low >= high) return low;
    swap(order, low, high);
    low++;
  }
}

/** Stable. */
function insertionSort(order: readonly number[], labels: readonly number[]): number[] {
  return [...order].sort((a, b) => at(labels, a) - at(labels, b));
}

function swap(order: number[], i: number, j: number): void {
  [order[i], order[j]] = [at(order, j), at(order, i)];
}
