import { equal, ok } from "node:assert/strict";
import { rougeL } from "./rouge_l.ts";

const close = (found: number, expected: number, tolerance = 1e-7) =>
  ok(Math.abs(found - expected) < tolerance, `expected ${expected} but found ${found}`);

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
