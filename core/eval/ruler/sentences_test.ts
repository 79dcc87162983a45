import { deepEqual } from "node:assert/strict";
import { splitWords } from "../python/text.ts";
import { sentences } from "./sentences.ts";

Deno.test("sentences end at marks, not at initials, abbreviations or before lower case", () => {
  const of = (text: string) => sentences(splitWords(text));
  deepEqual(of("One. Two! Three? Four"), ["One.", "Two!", "Three?", "Four"]);
  deepEqual(of('He said "no." Then left.'), ['He said "no."', "Then left."]);
  deepEqual(of("J. Smith vs. Brown e.g. This"), ["J. Smith vs. Brown e.g. This"]);
  deepEqual(of("at 5 p.m. on Monday"), ["at 5 p.m. on Monday"]);
  deepEqual(of(""), []);
});
