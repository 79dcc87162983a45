import { equal } from "node:assert/strict";
import { normalizeAnswer } from "./normalize_answer.ts";

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
