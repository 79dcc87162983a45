// The order in which torch.argsort puts labels on a CPU. That sort is not stable: it is libstdc++'s
// std::sort, whose order of equal labels decides which tokens of a cluster come first.

/** Longest run that is left to the insertion sort. */
const SHORT: i32 = 16;

/**
 * Indices sorted by label: quicksort around the median of the second, the middle and the last label
 * down to runs of 16, then one insertion sort over everything. std::sort turns to heapsort after
 * 2 log2 n partitions, which the few labels of a window do not reach.
 */
export function labelOrder(labels: StaticArray<i32>): StaticArray<i32> {
  const order = new StaticArray<i32>(labels.length);
  for (let i = 0; i < order.length; i++) unchecked(order[i] = i);
  partitionRuns(order, labels);
  insertionSort(order, labels);
  return order;
}

/** Partitions every run that is longer than 16; upper parts wait on a stack. */
function partitionRuns(order: StaticArray<i32>, labels: StaticArray<i32>): void {
  const waiting: Array<i32> = [0, order.length];
  while (waiting.length > 0) {
    let end = waiting.pop();
    const from = waiting.pop();
    while (end - from > SHORT) {
      swap(order, from, median(order, labels, from + 1, from + ((end - from) >> 1), end - 1));
      const cut = partition(order, labels, from, end);
      waiting.push(cut);
      waiting.push(end);
      end = cut;
    }
  }
}

/** Which of three places has the median label. */
function median(order: StaticArray<i32>, labels: StaticArray<i32>, a: i32, b: i32, c: i32): i32 {
  const first = labels[order[a]];
  const second = labels[order[b]];
  const third = labels[order[c]];
  if (first < second) {
    if (second < third) return b;
    return first < third ? c : a;
  }
  if (first < third) return a;
  return second < third ? c : b;
}

/** Hoare's partition around the label in the first place. Gives where the upper part begins. */
function partition(order: StaticArray<i32>, labels: StaticArray<i32>, from: i32, end: i32): i32 {
  const pivot = labels[order[from]];
  let low = from + 1;
  let high = end;
  while (true) {
    while (labels[order[low]] < pivot) low++;
    high--;
    while (pivot < labels[order[high]]) high--;
    if (low >= high) return low;
    swap(order, low, high);
    low++;
  }
}

function insertionSort(order: StaticArray<i32>, labels: StaticArray<i32>): void {
  for (let i = 1; i < order.length; i++) {
    const index = order[i];
    let hole = i;
    while (hole > 0 && labels[index] < labels[order[hole - 1]]) {
      order[hole] = order[hole - 1];
      hole--;
    }
    order[hole] = index;
  }
}

function swap(order: StaticArray<i32>, i: i32, j: i32): void {
  const held = order[i];
  order[i] = order[j];
  order[j] = held;
}
