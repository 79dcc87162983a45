import { equal } from "node:assert/strict";
import { matchingCharacters } from "./matching_characters.ts";

Deno.test("common characters agree with CPython's difflib", () => {
  const cases: [string, string, number][] = [
    ["abcd", "bcde", 3],
    ["return x + 1", "return x+1", 10],
    ["qabxcd", "abycdf", 4],
    ["private Thread currentThread;", "private volatile Thread currentThread;", 29],
    ["aé漢😀b", "é漢😀", 3],
    ["abcabcabc", "cbacbacba", 4],
    ["    def f(self, x):", "def f(self):", 12],
    ["self.assertEqual(a, b)", "self.assertTrue(a == b)", 17],
    ["", "", 0],
  ];
  for (const [a, b, matched] of cases) equal(matchingCharacters([...a], [...b]), matched);
});

Deno.test("frequent characters of a text of 200 or more start no run, as difflib has it", () => {
  const line = "x=1;";
  equal(matchingCharacters([...line.repeat(30)], [...line.repeat(49)]), 120);
  equal(matchingCharacters([..."ab".repeat(3)], [..."ab".repeat(99)]), 6);
  equal(matchingCharacters([..."y" + "ab".repeat(3)], [..."ab".repeat(99)]), 6);
  equal(matchingCharacters([..."y" + "ab".repeat(3)], [..."ab".repeat(100)]), 0);
  // Without a start, what the beginnings have in common still counts.
  equal(matchingCharacters([..."ab".repeat(3)], [..."ab".repeat(100)]), 6);
  // A rare character starts a run, and frequent ones lengthen it.
  equal(matchingCharacters([..."ab".repeat(99) + "cd"], [..."ab".repeat(99) + "dc"]), 199);
  const letters = "abcdefgh ";
  for (
    const [lengthA, lengthB, alphabet, matched] of [
      [300, 199, letters, 74],
      [150, 260, letters, 1],
      [250, 1000, "ab\n", 1],
      [199, 199, "xy", 81],
    ] as const
  ) {
    const [a, b] = [pseudoRandom(lengthA, 1, alphabet), pseudoRandom(lengthB, 2, alphabet)];
    equal(matchingCharacters(a, b), matched);
  }
});

/** The generator of C's example `rand`, so that the same texts can be made in Python. */
function pseudoRandom(length: number, seed: number, alphabet: string): string[] {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return alphabet[(state >>> 16) % alphabet.length]!;
  });
}
