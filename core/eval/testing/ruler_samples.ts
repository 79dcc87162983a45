/**
 * For tests only: material and samples of RULER.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { splitWords } from "../python/text.ts";
import { temporaryFolder } from "./temporary_folder.ts";
import { readHotpotQa, readSquad } from "../ruler/documents.ts";
import { generateRuler, type GenerateRulerOptions } from "../ruler/generate.ts";
import { type Essays } from "../ruler/haystack.ts";
import { type RulerTaskName } from "../ruler/tasks.ts";
import { builtInWords } from "../ruler/words.ts";

const ESSAYS: Essays = {
  words: splitWords(
    "It was early. Nobody had asked for it, but the work went on! Why? Mr. Pym knew. ".repeat(9) +
      'He said "no." Then all was quiet, and so on and so forth until the end came.',
  ),
  digest: "",
};

/** Articles of three paragraphs, each with a question; every second question has no answer. */
const SQUAD = {
  data: Array.from({ length: 30 }, (_, article) => ({
    title: `Article ${article}`,
    paragraphs: Array.from({ length: 3 }, (_, paragraph) => ({
      context: `Town ${article} lies in valley ${paragraph}. Its code is T${article}V${paragraph}.`,
      qas: [{
        question: `What is the code of town ${article} in valley ${paragraph}?`,
        id: `${article}-${paragraph}`,
        is_impossible: paragraph === 1,
        answers: [{ text: `T${article}V${paragraph}` }, { text: `T${article}V${paragraph}` }],
      }],
    })),
  })),
};

const HOTPOT = Array.from({ length: 12 }, (_, i) => ({
  question: `Who rules land ${i}?`,
  answer: `Queen ${i}`,
  context: Array.from({ length: 10 }, (_, part) => [
    `Land ${i} part ${part}`,
    ["Some facts.", part === 4 ? ` Queen ${i} rules.` : " Nobody rules."],
  ]),
}));

/** Everything samples can be made of. */
export const material = (() => {
  using folder = temporaryFolder();
  writeFileSync(folder.path("squad.json"), JSON.stringify(SQUAD));
  writeFileSync(folder.path("hotpot.json"), JSON.stringify(HOTPOT));
  return {
    essays: ESSAYS,
    squad: readSquad(folder.path("squad.json")),
    hotpotqa: readHotpotQa(folder.path("hotpot.json")),
    words: builtInWords(),
  };
})();

/** Tokens of a tokenizer of words. */
export const countWords = (text: string) => splitWords(text).length;

/** Samples, two unless stated. */
export const generate = (options: Partial<GenerateRulerOptions> & { task: RulerTaskName }) => [
  ...generateRuler({
    maxTokens: 3000,
    samples: 2,
    material,
    countTokens: countWords,
    ...options,
  }),
];
