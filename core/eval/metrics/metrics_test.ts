import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { round } from "../python/round.ts";
import { firstLine, splitWords, strip } from "../python/text.ts";
import { classification } from "./classification.ts";
import { codeSimilarity } from "./code_similarity.ts";
import { count } from "./count.ts";
import { longestCommonWords } from "./longest_common_words.ts";
import { matchingCharacters } from "./matching_characters.ts";
import { normalizeAnswer } from "./normalize_answer.ts";
import { qaF1 } from "./qa_f1.ts";
import { retrieval } from "./retrieval.ts";
import { rougeL } from "./rouge_l.ts";

const close = (found: number, expected: number, tolerance = 1e-7) =>
  ok(Math.abs(found - expected) < tolerance, `expected ${expected} but found ${found}`);

Deno.test("answers are lower-cased, freed of ASCII punctuation and articles, and closed up", () => {
  equal(normalizeAnswer("The cat, AN owl & a dog!"), "cat owl dog");
  equal(normalizeAnswer("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"), "");
  equal(normalizeAnswer("theatre another panda"), "theatre another panda");
  // Punctuation goes first, so an article can be glued to a word, and "a-b" is one word.
  equal(normalizeAnswer("the-cat a.m."), "thecat am");
  equal(normalizeAnswer("\u2018a\u2019 caf\u00e9"), "\u2018 \u2019 caf\u00e9");
  equal(normalizeAnswer("éa añ"), "éa añ");
  equal(normalizeAnswer("ΟΔΥΣΣΕΥΣ"), "οδυσσευς");
  equal(normalizeAnswer("x\u00a0\u3000y\x1fz\ufeffw"), "x y z\ufeffw");
});

Deno.test("F1 counts a word as often as both have it", () => {
  equal(qaF1("Paris", "Paris"), 1);
  equal(qaF1("big big city", "big city hall"), 2 / 3);
  equal(qaF1("no", "yes"), 0);
  equal(qaF1("", ""), 0);
  equal(qaF1("the", "a"), 0);
  equal(qaF1("", "answer"), 0);
  equal(qaF1("constructor toString", "constructor"), 2 / 3);
  close(qaF1("the answer is forty two", "forty two"), 2 * (0.5 * 1) / 1.5);
});

Deno.test("ROUGE-L unites the words of every pair of sentences", () => {
  // Reference words a b c d e (5 distinct); hypothesis: a b | c e, 4 distinct.
  // Pairs keep {a, b}, {c}, {}, {e}: union of 4.
  const [recall, precision] = [4 / 5, 4 / 4];
  close(
    rougeL("a b. c e.", "a b c. d e."),
    2 * recall * precision / (recall + precision + 1e-8),
    1e-15,
  );
  // A union, not a sum: the same words in two sentences count once.
  const twice = rougeL("a b. a b.", "a b.");
  close(twice, 1);
});

Deno.test("ROUGE-L divides by distinct words", () => {
  close(rougeL("a a a a", "a b"), 2 * 1 * 0.5 / 1.5);
});

Deno.test("ROUGE-L takes only full stops for ends, and a blank piece for an empty word", () => {
  close(rougeL("a b! c d?", "a b! c d?"), 1);
  // "a", "" against "a": distinct words are {a, ""} and {a}.
  close(rougeL("a. ", "a"), 2 * 1 * 0.5 / 1.5);
  // Both have the empty word, and an empty sentence matches an empty sentence.
  close(rougeL("a. ", "a. "), 1);
});

Deno.test("ROUGE-L of something without a sentence is 0", () => {
  for (const [prediction, answer] of [["", "a"], ["a", ""], ["", ""], ["...", "a"]] as const) {
    equal(rougeL(prediction, answer), 0);
  }
  equal(rougeL("a", "b"), 0);
});

Deno.test("ROUGE-L is 0 where the reference's recursion ends in an error", () => {
  const words = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`).join(" ");
  close(rougeL(words(988), words(988)), 1);
  equal(rougeL(words(989), words(989)), 0);
  close(rougeL(words(989), words(989), { recursionLimit: Infinity }), 1);
  equal(rougeL(`a. ${words(989)}`, `b. ${words(989)}`), 0);
});

Deno.test("ROUGE-L of very long lines needs bounded memory", () => {
  const line = (word: string) => Array(5000).fill(word).join(" ");
  equal(rougeL(line("a"), line("b")), 0);
});

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

Deno.test("classification shares 1 among the classes named", () => {
  const classes = ["Person", "Place", "Date"];
  const score = (prediction: string, answer: string) =>
    classification(prediction, answer, { classes });
  equal(score("Place", "Place"), 1);
  equal(score("Person, Place, Date", "Date"), 1 / 3);
  equal(score("place", "Place"), 0);
  equal(score("Person", "Place"), 0);
  equal(score("", "Place"), 0);
  equal(classification("Place", "Place", { classes: [] }), 0);
});

Deno.test("classification drops proper parts of the answer, but not the one behind a dropped one", () => {
  const answer = "Organ of body";
  const prediction = "Organ of body";
  equal(classification(prediction, answer, { classes: ["Organ", answer] }), 1);
  // "Organ" is removed while the loop stands on it, so "body" is passed over and stays.
  equal(classification(prediction, answer, { classes: ["Organ", "body", answer] }), 1 / 2);
  // With something in between all parts are seen.
  equal(
    classification(`${prediction} Date`, answer, { classes: ["Organ", "Date", "body", answer] }),
    1 / 2,
  );
});

Deno.test("retrieval and count are shares of the numbers named", () => {
  equal(retrieval("Paragraph 12", "Paragraph 12"), 1);
  equal(retrieval("Paragraph 12, not 1 or 2", "Paragraph 12"), 1 / 3);
  equal(retrieval("012", "Paragraph 12"), 0);
  equal(retrieval("none", "Paragraph 12"), 0);
  equal(count("12 12 3", "12"), 2 / 3);
  equal(count("", "12"), 0);
  equal(count("1.2e3", "3"), 1 / 3);
  equal(count("٣", "٣"), 1);
  throws(() => retrieval("Paragraph 12", "12"), {
    name: "RangeError",
    message: 'Expected an answer such as "Paragraph 3" but found "12"',
  });
});

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

function printable(): string {
  return Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join("");
}

/** The generator of C's example `rand`, so that the same texts can be made in Python. */
function pseudoRandom(length: number, seed: number, alphabet: string): string[] {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return alphabet[(state >>> 16) % alphabet.length]!;
  });
}

Deno.test("code is compared by its first line without a backquote or comment", () => {
  equal(codeSimilarity("\n\nreturn x\nreturn y", "return x"), 1);
  equal(codeSimilarity("```python\n# comment\n// other\nreturn x", "return x"), 1);
  equal(codeSimilarity("a # trailing\n", ""), 1);
  equal(codeSimilarity("", ""), 1);
  equal(codeSimilarity("", "x"), 0);
  equal(codeSimilarity("x", ""), 0);
  equal(codeSimilarity("self.assertEqual(a, b)", "self.assertTrue(a == b)"), 0.76);
  equal(codeSimilarity("aé漢😀b", "é漢😀"), 0.75);
});

Deno.test("percents of code similarity are rounded half to even", () => {
  // 2 * 1 / 16 = 12.5 % and 2 * 3 / 16 = 37.5 %.
  equal(codeSimilarity("abcdefgh", "a1234567"), 0.12);
  equal(codeSimilarity("abcdefgh", "abc12345"), 0.38);
});

Deno.test("very long lines of code are compared in reasonable time", () => {
  equal(codeSimilarity("a".repeat(100_000), "b" + "a".repeat(99_999)), 0);
  equal(codeSimilarity("a".repeat(100_000), "a".repeat(99_999)), 1);
  const line = pseudoRandom(5000, 3, printable()).join("").replace(/[`#/]/g, " ");
  equal(codeSimilarity(line, line), 1);
  ok(codeSimilarity(line.slice(1), line) > 0.99);
});

Deno.test("rounding goes by the exact value, and ties to even, like Python's", () => {
  const cases: [number, number, number][] = [
    [0.125, 2, 0.12],
    [0.375, 2, 0.38],
    [2.675, 2, 2.67],
    [1.005, 2, 1],
    [33.335, 2, 33.34],
    [66.625, 2, 66.62],
    [200 / 3, 2, 66.67],
    [0.5, 0, 0],
    [2.5, 0, 2],
    [3.5, 0, 4],
    [-2.5, 0, -2],
  ];
  for (const [value, decimals, expected] of cases) equal(round(value, decimals), expected);
});

Deno.test("white space is Python's", () => {
  deepEqual(splitWords(" a\u0085b\u2028c\x1cd\ufeffe "), ["a", "b", "c", "d\ufeffe"]);
  equal(strip("\u3000 x y \x1f"), "x y");
  equal(firstLine("\n\nfirst\nsecond"), "first");
  equal(firstLine(""), "");
});
