import { equal, ok } from "node:assert/strict";
import { codeSimilarity } from "./code_similarity.ts";

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
