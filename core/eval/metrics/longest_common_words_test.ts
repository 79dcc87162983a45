import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { longestCommonWords } from "./longest_common_words.ts";

Deno.test("of equal choices the common subsequence gives up a word of the hypothesis", () => {
  // Both [a] and [b] are longest: back from the ends a tie goes left, to the hypothesis' "a".
  deepEqual(longestCommonWords(["a", "b"], ["b", "a"], 10), ["b"]);
  deepEqual(longestCommonWords(["b", "a"], ["a", "b"], 10), ["a"]);
  const words = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 });
  fc.assert(fc.property(words, words, (one, other) => {
    const found = longestCommonWords(one, other, 100)!;
    ok(isSubsequence(found, one) && isSubsequence(found, other));
    equal(
      found.length,
      Math.max(...subsequences(one).map((part) => isSubsequence(part, other) ? part.length : 0)),
    );
  }));
});

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const word of whole) if (word === part[at]) at++;
  return at === part.length;
}

function subsequences(words: readonly string[]): string[][] {
  return words.reduce<string[][]>((all, word) => [...all, ...all.map((part) => [...part, word])], [
    [],
  ]);
}
