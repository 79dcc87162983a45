import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { copyFileSync } from "node:fs";
import llamaTokenizer from "llama-tokenizer-js";
import { tinyLlama } from "../../llm/tiny_llama.ts";
import { TextTokenizer } from "../../llm/tokenizer.ts";
import { generateRuler, rulerSample, sampleTokens } from "./generate.ts";
import { RULER_TASK_NAMES, rulerTask } from "./tasks.ts";
import { builtInWords } from "./words.ts";
import { countWords, generate, material } from "../testing/ruler_samples.ts";
import { temporaryFolder } from "../testing/temporary_folder.ts";

const countCharacters = (text: string) => text.length;

/** Every sample fits, and would not with one increment more. */
function checkLengths(countTokens: (text: string) => number, maxTokens: number, samples = 2) {
  for (const task of RULER_TASK_NAMES) {
    const options = { task, countTokens, maxTokens, samples, material };
    for (const line of generateRuler(options)) {
      const tokens = countTokens(line.input + line.answer_prefix);
      equal(line.length, tokens + rulerTask(task).generatedTokens);
      ok(line.length <= maxTokens, `${task}: ${line.length} of ${maxTokens}`);
      const sample = rulerSample(options, line.index);
      let units = sample.minimum;
      while (sample.text(units).input !== line.input) units += sample.increment;
      const more = sampleTokens(options, sample, units + sample.increment);
      ok(more > maxTokens, `${task}: ${more} would be within ${maxTokens}`);
    }
  }
}

Deno.test("prompts fill the limit to within one increment, counted in words", () => {
  checkLengths(countWords, 1500);
  checkLengths(countWords, 5000);
});

Deno.test("prompts fill the limit to within one increment, counted in characters", () => {
  checkLengths(countCharacters, 8000);
});

/** Tokens of a checkpoint's tokenizer. */
function countTokensOf(directory: string) {
  const tokenizer = TextTokenizer.open(directory);
  return (text: string) => tokenizer.encode(text, { special: false }).length;
}

Deno.test("prompts fill the limit of a byte-level BPE tokenizer, the tiny model's", () => {
  checkLengths(countTokensOf(tinyLlama), 2048, 1);
});

Deno.test("prompts fill the limit of a SentencePiece tokenizer of 425 tokens", () => {
  using folder = temporaryFolder();
  const model = new URL("../../llm/testdata/bpe.model", import.meta.url);
  copyFileSync(model, folder.path("tokenizer.model"));
  checkLengths(countTokensOf(folder.path()), 6000, 1);
});

Deno.test("prompts fill the limit of Llama 2's tokenizer", () => {
  checkLengths((text) => llamaTokenizer.encode(text, false, false).length, 2048, 1);
});

Deno.test("the same seed makes the same file, and a sample does not depend on others", () => {
  for (const task of RULER_TASK_NAMES) {
    const three = generate({ task, samples: 3, maxTokens: 1500 });
    deepEqual(generate({ task, samples: 3, maxTokens: 1500 }), three);
    deepEqual(generate({ task, samples: 1, maxTokens: 1500 }), three.slice(0, 1));
    const other = generate({ task, samples: 3, maxTokens: 1500, seed: 7 });
    ok(JSON.stringify(other) !== JSON.stringify(three), task);
    ok(three[0]!.input !== three[1]!.input, task);
  }
});

Deno.test("what cannot be made is said in one line", () => {
  throws(() => generate({ task: "niah_single_2", material: {} }), {
    name: "EvaluationInputError",
    message: "niah_single_2: expected a text of essays but found none",
  });
  throws(() => generate({ task: "qa_2", material: {} }), /expected the file of hotpotqa/);
  throws(() => generate({ task: "niah_single_1", maxTokens: 200 }), {
    message: /^niah_single_1 sample 0: expected at least \d+ tokens .* found a limit of 200$/,
  });
  throws(() => generate({ task: "qa_2", samples: 13 }), /at least 13 questions but found 12/);
  const words = { ...builtInWords(), large: [] };
  throws(() => generate({ task: "cwe", maxTokens: 100_000, material: { words } }), {
    message: /^cwe sample 0: expected more than 2930 different words to fill 100000 tokens$/,
    remedy: "more words",
  });
});

Deno.test("needles that could not be told apart are refused, as many as there are are drawn", () => {
  const pairs = (adjectives: string[], nouns: string[]) => ({
    ...material,
    words: { ...builtInWords(), adjectives, nouns },
  });
  throws(() => generate({ task: "niah_multiquery", material: pairs(["quick"], ["whale"]) }), {
    message:
      "niah_multiquery: expected at least 4 different pairs of an adjective and a noun but found 1",
    remedy: "more words",
  });
  // Three of the four pairs are different: "a-b-c" is two of them.
  const hyphens = pairs(["a", "a-b"], ["c", "b-c"]);
  throws(() => generate({ task: "niah_multikey_1", material: hyphens }), /at least 4 .* found 3$/);
  const letters = ["a", "b", "c", "d", "e", "f"];
  throws(() => generate({ task: "niah_multikey_2", material: pairs(letters, letters) }), {
    message:
      "niah_multikey_2 sample 0: expected more than 35 different pairs of an adjective and a noun " +
      "to fill 3000 tokens",
    remedy: "more words",
  });
  for (const task of ["niah_multiquery", "niah_multikey_1"] as const) {
    const [line] = generate({ task, samples: 1, material: pairs(["a", "b"], ["c", "d"]) });
    equal(new Set(line!.input.match(/for [ab]-[cd] is:/g)).size, 4);
  }
});

Deno.test("a form of the prompt is counted, and the answer prefix stays outside of it", () => {
  const wrap = (prompt: string) => `<user> ${prompt} </user>`;
  for (const line of generate({ task: "vt", wrap })) {
    ok(line.input.startsWith("<user> ") && line.input.endsWith(" </user>"));
    equal(line.length, countWords(line.input + line.answer_prefix) + 30);
  }
});
