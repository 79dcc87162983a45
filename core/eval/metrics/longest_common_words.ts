/**
 * One longest common subsequence of two sentences, the one that `rouge` 1.0.1 finds: back from the
 * ends, equal words are taken; otherwise a word of the reference is given up if that keeps strictly
 * more, else one of the hypothesis.
 *
 * @param limit the most calls of the recursion: one for each step back, and one
 * @returns its words, or nothing if the recursion would go deeper
 *
 * @example
 * ```ts
 * import { longestCommonWords } from "./longest_common_words.ts";
 * import { deepEqual, equal } from "node:assert/strict";
 *
 * deepEqual(longestCommonWords(["a", "b", "c"], ["c", "a", "c"], 10), ["a", "c"]);
 * equal(longestCommonWords(["a", "b"], ["a", "b"], 2), undefined);
 * ```
 */
export function longestCommonWords(
  reference: readonly string[],
  hypothesis: readonly string[],
  limit: number,
): string[] | undefined {
  const lengths = subsequenceLengths(reference, hypothesis, limit);
  const words: string[] = [];
  let [i, j] = [reference.length, hypothesis.length];
  for (let calls = 1; i > 0 && j > 0; calls++) {
    if (calls >= limit) return undefined;
    if (reference[i - 1] === hypothesis[j - 1]) {
      words.push(reference[i - 1]!);
      i--;
      j--;
    } else if (lengths(i - 1, j) > lengths(i, j - 1)) {
      i--;
    } else {
      j--;
    }
  }
  return words.reverse();
}

/**
 * Lengths of the longest common subsequence of beginnings of two sentences. Only those are kept
 * that can be asked for within `limit` steps from the ends, so memory stays bounded.
 */
function subsequenceLengths(
  reference: readonly string[],
  hypothesis: readonly string[],
  limit: number,
): (i: number, j: number) => number {
  const firstRow = Math.max(0, reference.length - limit);
  const firstColumn = Math.max(0, hypothesis.length - limit);
  const width = hypothesis.length + 1 - firstColumn;
  const kept = new Uint32Array((reference.length + 1 - firstRow) * width);
  let above = new Uint32Array(hypothesis.length + 1);
  let row = new Uint32Array(hypothesis.length + 1);
  for (let i = 0; i <= reference.length; i++) {
    for (let j = 1; i > 0 && j <= hypothesis.length; j++) {
      row[j] = reference[i - 1] === hypothesis[j - 1]
        ? above[j - 1]! + 1
        : Math.max(above[j]!, row[j - 1]!);
    }
    if (i >= firstRow) kept.set(row.subarray(firstColumn), (i - firstRow) * width);
    [above, row] = [row, above];
  }
  return (i, j) => kept[(i - firstRow) * width + j - firstColumn]!;
}
