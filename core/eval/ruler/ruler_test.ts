import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { sharedPath, sharedTest } from "../../testing/shared_material.ts";
import { splitWords } from "../python/text.ts";
import { fakeModel } from "../testing/fake_model.ts";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { readHotpotQa, readSquad } from "./documents.ts";
import { evaluateRuler } from "./evaluate.ts";
import { writeRulerFile } from "./file.ts";
import { fitUnits } from "./fit_units.ts";
import { zeta } from "./frequent_words.ts";
import {
  generateRuler,
  type GenerateRulerOptions,
  type RulerLine,
  rulerSample,
  sampleTokens,
} from "./generate.ts";
import { type Essays, readEssays } from "./haystack.ts";
import { rulerMetric, rulerScore } from "./score.ts";
import { sentences } from "./sentences.ts";
import { RULER_TASK_NAMES, rulerTask, type RulerTaskName } from "./tasks.ts";
import { BUILT_IN_TEMPLATES, readTemplates } from "./templates.ts";
import { builtInWords, readWords } from "./words.ts";

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

const material = (() => {
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

const countWords = (text: string) => splitWords(text).length;
const countCharacters = (text: string) => text.length;

const generate = (options: Partial<GenerateRulerOptions> & { task: RulerTaskName }) => [
  ...generateRuler({
    maxTokens: 3000,
    samples: 2,
    material,
    countTokens: countWords,
    ...options,
  }),
];

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

sharedTest("prompts fill the limit to within one increment, counted by a BPE tokenizer", () => {
  const read = (name: string) =>
    JSON.parse(readFileSync(sharedPath(`data/tiny-llama/${name}`), "utf8"));
  const tokenizer = new Tokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
  checkLengths(
    (text) => tokenizer.encode(text, { add_special_tokens: false }).ids.length,
    2048,
    1,
  );
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

Deno.test("needles: the values behind the keys asked for are found by a plain search", () => {
  for (const task of RULER_TASK_NAMES.filter((name) => name.startsWith("niah"))) {
    for (const line of generate({ task, samples: 4 })) {
      const text = line.input.slice(0, line.input.lastIndexOf("What "));
      const question = line.input.slice(text.length);
      const needles = [...text.matchAll(/special magic \w+ for (\S+) is: (\S+)\./g)];
      const found = needles.filter(([, key]) =>
        question.includes(` ${key}`) || question.includes(`${key},`)
      )
        .map(([, , value]) => value);
      deepEqual(found.sort(), [...line.outputs].sort(), task);
      equal(
        new Set(line.outputs).size,
        task.startsWith("niah_multi") && /value|query/.test(task) ? 4 : 1,
      );
    }
  }
});

Deno.test("a question for one value is in the singular", () => {
  const [one] = generate({ task: "niah_single_1", samples: 1 });
  ok(/A special magic number is hidden/.test(one!.input));
  ok(/What is the special magic number for [a-z-]+ in/.test(one!.input));
  ok(/ is$/.test(one!.answer_prefix));
  const [four] = generate({ task: "niah_multiquery", samples: 1 });
  ok(/What are all the special magic numbers for \S+, \S+, \S+, and \S+ in/.test(four!.input));
});

Deno.test("variable tracking: following the assignments gives the outputs", () => {
  for (const { input, outputs, answer_prefix } of generate({ task: "vt", samples: 4 })) {
    const asked = /have the value (\d{5}) in/.exec(input.slice(input.lastIndexOf("Question")))![1]!;
    const text = input.slice(input.lastIndexOf("Follow every chain"));
    const holds = new Map<string, string>();
    for (const [, name, value] of text.matchAll(/^VAR (\w+) = (?:VAR )?(\w+) ?$/gm)) {
      holds.set(name!, holds.get(value!) ?? value!);
    }
    deepEqual([...holds].filter(([, value]) => value === asked).map(([name]) => name), outputs);
    equal(outputs.length, 5);
    ok(outputs.every((name) => /^[A-Z]{5}$/.test(name)));
    ok(answer_prefix.includes("5 variables"));
    // The example in front is another question, solved.
    const example = input.slice(0, input.indexOf("\nThe text below", 10));
    ok(/: [A-Z]{3} [A-Z]{3} [A-Z]{3} [A-Z]{3} [A-Z]{3}$/.test(example), example.slice(-80));
    ok(countWords(example) <= 500);
  }
});

Deno.test("common words: counting the list gives the outputs", () => {
  for (const maxTokens of [1500, 5000]) {
    for (const { input, outputs } of generate({ task: "cwe", maxTokens })) {
      const text = input.slice(input.lastIndexOf("Notice which."), input.lastIndexOf("Question"));
      const counts = countOf([...text.matchAll(/\d+\. (\S+)/g)].map(([, word]) => word!));
      deepEqual(mostFrequent(counts, 10).sort(), [...outputs].sort());
      const [common, other] = maxTokens < 4096 ? [6, 1] : [30, 3];
      deepEqual([...new Set(counts.values())].sort((a, b) => b - a), [common, other]);
    }
  }
});

Deno.test("frequent words: counting the text gives the outputs, in order", () => {
  for (const maxTokens of [500, 3000]) {
    for (const { input, outputs } of generate({ task: "fwe", maxTokens })) {
      const words = input.split("\n")[1]!.split(" ");
      const counts = countOf(words);
      const [noise, ...rest] = mostFrequent(counts, 4);
      equal(noise, "...");
      deepEqual(rest, outputs);
      ok(
        counts.get(outputs[2]!)! > Math.max(
          0,
          ...[...counts].map(([word, n]) => word === "..." || outputs.includes(word) ? 0 : n),
        ),
      );
    }
  }
});

function countOf(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function mostFrequent(counts: ReadonlyMap<string, number>, count: number): string[] {
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, count).map(([word]) => word);
}

Deno.test("questions: a document with the answer is among the documents", () => {
  for (const task of ["qa_1", "qa_2"] as const) {
    for (const line of generate({ task, samples: 5, maxTokens: 900 })) {
      const [about] = /\d+ in valley \d+|land \d+/.exec(line.input.split("Question: ").at(-1)!)!;
      const documents = line.input.split(/Document \d+:\n/).slice(1);
      ok(
        documents.some((text) =>
          text.includes(line.outputs[0]!) &&
          text.toLowerCase().includes(about.replace("in", "lies in"))
        ),
      );
      equal(line.outputs.length, 1);
    }
  }
});

Deno.test("documents of the same article come before others, and unanswerable questions never", () => {
  const { questions, documents } = material.squad;
  equal(questions.length, 60);
  equal(documents.length, 90);
  equal(questions.some(({ question }) => question.includes("valley 1")), false);
  deepEqual(questions[0]!.related.map((number) => documents[number]!.slice(0, 24)), [
    "Town 0 lies in valley 1.",
    "Town 0 lies in valley 2.",
  ]);
  const [line] = generate({ task: "qa_1", samples: 1, maxTokens: 300 });
  for (const valley of [0, 1, 2]) ok(line!.input.includes(`Town 0 lies in valley ${valley}.`));
});

Deno.test("a collection that is too small is repeated", () => {
  const [line] = generate({ task: "qa_1", samples: 1, maxTokens: 5000 });
  ok(line!.input.split("Town 3 lies in valley 2.").length > 2);
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
  throws(() => generate({ task: "cwe", maxTokens: 100_000 }), {
    message: /cwe sample 0: expected more than 2930 different words to fill 100000 tokens/,
  });
});

Deno.test("a form of the prompt is counted, and the answer prefix stays outside of it", () => {
  const wrap = (prompt: string) => `<user> ${prompt} </user>`;
  for (const line of generate({ task: "vt", wrap })) {
    ok(line.input.startsWith("<user> ") && line.input.endsWith(" </user>"));
    equal(line.length, countWords(line.input + line.answer_prefix) + 30);
  }
});

Deno.test("files are JSON lines in ASCII, with what they were made from beside them", () => {
  using folder = temporaryFolder();
  const options = {
    task: "niah_single_2",
    maxTokens: 1000,
    samples: 2,
    material: { essays: { words: splitWords("Üben. ".repeat(50)), digest: "ee" } },
    countTokens: countWords,
    tokenizer: "words",
  } as const;
  const path = folder.path("niah", "validation.jsonl");
  writeRulerFile(path, options);
  const text = readFileSync(path, "utf8");
  ok(/^[\x20-\x7e\n]*$/.test(text) && text.includes("\\u00dcben."));
  const lines = text.trim().split("\n").map((line) => JSON.parse(line) as RulerLine);
  deepEqual(lines.map(({ index }) => index), [0, 1]);
  ok(lines[0]!.answer_prefix.endsWith(" is") && !lines[0]!.input.endsWith(" is"));
  writeRulerFile(path, { ...options, answerPrefix: "input" });
  const [first] = readFileSync(path, "utf8").split("\n");
  equal(JSON.parse(first!).input, lines[0]!.input + lines[0]!.answer_prefix);
  const origin = JSON.parse(readFileSync(folder.path("niah", "validation.json"), "utf8"));
  deepEqual([origin.seed, origin.templates, origin.essays], [42, "built in", "ee"]);
});

Deno.test("NVIDIA's templates, word lists and essays are read from their files", () => {
  using folder = temporaryFolder();
  const write = (name: string, text: string) => {
    writeFileSync(folder.path(name), text);
    return folder.path(name);
  };
  const entry = (kind: string) =>
    `    '${kind}': {\n        'tokens_to_generate': 128,\n        'template': """Some {context}\n` +
    `{query}""",\n        'answer_prefix': """ They are"""\n    },\n`;
  const kinds = Object.keys(BUILT_IN_TEMPLATES);
  const constants = write(
    "constants.py",
    `import x\n\nTASKS = {\n${kinds.map(entry).join("\n")}}\n`,
  );
  const templates = readTemplates(constants);
  deepEqual(templates.qa, { template: "Some {context}\n{query}", answerPrefix: " They are" });
  const [line] = generate({ task: "niah_single_1", samples: 1, material: { templates } });
  ok(line!.input.startsWith("A The grass is green."));
  equal(line!.answer_prefix, " They is");

  throws(() => readTemplates(write("a.py", "TASKS = {'niah': 5}")), {
    name: "EvaluationInputError",
    message: /a\.py: expected TASKS niah to be Object but found 5/,
  });
  throws(() => readTemplates(write("b.py", "TASKS = dict()")), /b\.py line 1: expected a literal/);
  throws(() => readTemplates(write("c.py", constantsOf(kinds, "{other}"))), /found \{other\}/);
  throws(() => readTemplates(folder.path("none.py")), /none\.py: expected a file but found none/);

  const words = readWords({
    adjectives: write("adjectives.txt", "red\nblue\n"),
    nouns: write("nouns.txt", "cat\ndog\r\n"),
    verbs: write("verbs.txt", "run\ncat\n"),
    large: write("english_words.json", '{"0": "zeta", "1": "eta"}'),
  });
  deepEqual(words.common, ["blue", "cat", "dog", "red", "run"]);
  deepEqual(words.large, ["zeta", "eta"]);
  deepEqual(readEssays(write("essays.json", '{"text": "One two."}')).words, ["One", "two."]);
  throws(() => readEssays(write("bad.json", '{"texts": 1}')), /expected JSON with a field text/);
  throws(() => readEssays(write("empty.txt", " ")), /expected words but found none/);
});

function constantsOf(kinds: readonly string[], template: string): string {
  const entries = kinds.map((kind) =>
    `'${kind}': {'template': '${template}', 'answer_prefix': ''}`
  );
  return `TASKS = {${entries.join(", ")}}`;
}

Deno.test("damaged question files are named", () => {
  using folder = temporaryFolder();
  const write = (text: string) => {
    writeFileSync(folder.path("q.json"), text);
    return folder.path("q.json");
  };
  throws(() => readSquad(write("{")), /q\.json: expected JSON but found something else/);
  throws(() => readSquad(write("[]")), /expected .* to be .* but found/);
  throws(() => readSquad(write('{"data": []}')), /expected questions with answers but found none/);
  throws(() => readHotpotQa(write('[{"question": 1}]')), /expected 0\.question to be string/);
});

Deno.test("the size found fits and the next does not, wherever the search begins", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 5000 }),
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: -10, max: 6000 }),
    fc.option(fc.integer({ min: 0, max: 6000 }), { nil: undefined }),
    (limit, minimum, increment, guess, maximum) => {
      const units = fitUnits((size) => size <= limit, { minimum, increment, guess, maximum });
      const end = Math.min(limit, maximum ?? Infinity);
      const expected = end < minimum
        ? undefined
        : minimum + Math.floor((end - minimum) / increment) * increment;
      equal(units, expected);
    },
  ));
});

Deno.test("sentences end at marks, not at initials, abbreviations or before lower case", () => {
  const of = (text: string) => sentences(splitWords(text));
  deepEqual(of("One. Two! Three? Four"), ["One.", "Two!", "Three?", "Four"]);
  deepEqual(of('He said "no." Then left.'), ['He said "no."', "Then left."]);
  deepEqual(of("J. Smith vs. Brown e.g. This"), ["J. Smith vs. Brown e.g. This"]);
  deepEqual(of("at 5 p.m. on Monday"), ["at 5 p.m. on Monday"]);
  deepEqual(of(""), []);
});

Deno.test("zeta agrees with known values", () => {
  for (
    const [s, value] of [[2, Math.PI ** 2 / 6], [4, Math.PI ** 4 / 90], [1.5, 2.612375348685488]]
  ) {
    ok(Math.abs(zeta(s!) / value! - 1) < 1e-13);
  }
});

Deno.test("NVIDIA's scores are shares of substrings, or any for questions", () => {
  const all = rulerMetric("niah_multivalue", "nvidia");
  equal(all("the values: 12, 34", ["12", "34", "56", "78"]), 0.5);
  equal(all("ABC", ["abc"]), 1);
  equal(rulerMetric("vt", "nvidia")("a\x01bc", ["abc"]), 0);
  equal(all("", ["12"]), 0);
  const any = rulerMetric("qa_1", "nvidia");
  equal(any("It is PARIS.", ["London", "Paris"]), 1);
  equal(any("Rome", ["London", "Paris"]), 0);
  equal(rulerScore("vt", "nvidia", [1, 0.5, 0.2]), 56.67);
});

Deno.test("the artifact's scores follow its own rules", () => {
  const several = rulerMetric("niah_multiquery", "artifact");
  equal(several("12 and 345.", ["12", "34"]), 0.5);
  equal(several("1,234", ["1234"]), 1);
  const one = rulerMetric("niah_single_3", "artifact");
  equal(one(" ab-cd.<|eot_id|>", ["ab-cd"]), 1);
  equal(one("abcdef", ["ab-cd"]), 1);
  equal(one("is abcd indeed", ["ab-cd"]), 1);
  equal(one("is abcdef", ["ab-cd"]), 0);
  equal(one("", ["ab"]), 0);
  const words = rulerMetric("cwe", "artifact");
  equal(words("1. Cat 2. dog", ["cat", "Dog", "do", "well-known"]), 0.5);
  const question = rulerMetric("qa_2", "artifact");
  equal(question("He is the King of Spain!", ["a king of  spain"]), 1);
  equal(question("no", ["yes"]), 0);
  equal(rulerScore("vt", "artifact", [1, 0, 0]), Math.fround(1 / 3));
  throws(() => rulerScore("vt", "artifact", []), /expected predictions but found none/);
});

Deno.test("a task is run and scored both ways, and goes on after an interruption", async () => {
  using folder = temporaryFolder();
  const samples = folder.path("validation.jsonl");
  writeRulerFile(samples, {
    task: "niah_single_1",
    maxTokens: 600,
    samples: 3,
    material,
    countTokens: countWords,
    tokenizer: "words",
  });
  /** Copies the first value in the text behind the end of the prompt, with a full stop. */
  const model = fakeModel((text) => {
    const value = / is: (\d{7})/.exec(text)![1]!;
    const given = text.slice(text.lastIndexOf("above is") + "above is".length);
    return ` ${value}.`.charAt(given.length);
  });
  const options = {
    model,
    task: "niah_single_1",
    samples,
    maxTokens: 600,
    out: folder.path("out"),
    protocol: "nvidia",
  } as const;
  await evaluateRuler({ ...options, limit: 1 });
  const record = await evaluateRuler(options);
  deepEqual(record.scores, { nvidia: 100, artifact: 1 });
  deepEqual([record.evaluation, record.protocol, record.samples], ["ruler", "nvidia", 3]);
  deepEqual(model.calls.map((call) => call.sample), [0, 1, 2].map((i) => `niah_single_1_600/${i}`));
  ok(model.calls[0]!.prefilled.startsWith("<s>A special magic number"));
  equal(model.calls[0]!.stepped.length, 9);
  const lines = readFileSync(folder.path("out/ruler_pred/fake/niah_single_1_600.jsonl"), "utf8");
  const [first] = lines.split("\n").map((line) => JSON.parse(line || "{}"));
  deepEqual(Object.keys(first), ["index", "outputs", "prediction", "score"]);
  equal(first.prediction, `${first.outputs[0]}.`);

  writeFileSync(samples, '{"index": 0, "input": "x", "outputs": []}\n');
  await rejects(evaluateRuler({ ...options, out: folder.path("other") }), {
    name: "EvaluationInputError",
    message: /validation\.jsonl line 1: expected outputs to be >=1 but found 0/,
  });
});

Deno.test("prompts that begin with special tokens get no others", async () => {
  using folder = temporaryFolder();
  const samples = folder.path("validation.jsonl");
  writeFileSync(samples, '{"index": 0, "input": "x", "outputs": ["y"]}\n');
  const model = fakeModel(() => "");
  const options = { model, task: "vt", samples, maxTokens: 8, out: folder.path("out") } as const;
  await evaluateRuler({ ...options, protocol: "artifact" });
  equal(model.calls[0]!.prefilled, "x");
});
