import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { splitWords } from "../python/text.ts";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { readHotpotQa, readSquad } from "./documents.ts";
import { writeRulerFile } from "./file.ts";
import { type RulerLine } from "./generate.ts";
import { readEssays } from "./haystack.ts";
import { BUILT_IN_TEMPLATES, readTemplates } from "./templates.ts";
import { countWords, generate } from "../testing/ruler_samples.ts";

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

Deno.test("a chat template is part of what samples are made from", () => {
  using folder = temporaryFolder();
  const options = {
    task: "vt",
    maxTokens: 1000,
    samples: 1,
    material: {},
    countTokens: countWords,
    tokenizer: "words",
  } as const;
  const path = folder.path("validation.jsonl");
  const origin = () => JSON.parse(readFileSync(folder.path("validation.json"), "utf8"));
  writeRulerFile(path, options);
  equal(origin().chatTemplate, null);
  const plain = readFileSync(path, "utf8");
  const wrap = (prompt: string) => `<user> ${prompt}`;
  writeRulerFile(path, { ...options, wrap, chatTemplate: "<user> {{ content }}" });
  ok(readFileSync(path, "utf8") !== plain);
  equal(origin().chatTemplate.length, 64);
  // One that was changed since it was written is not taken for what it was.
  writeFileSync(path, plain);
  writeRulerFile(path, { ...options, wrap, chatTemplate: "<user> {{ content }}" });
  ok(readFileSync(path, "utf8") !== plain);
  throws(() => writeRulerFile(folder.path("validation.json", "a.jsonl"), options), {
    name: "EvaluationInputError",
    message: /validation\.json: expected a folder that can be made but found a file/,
  });
});

Deno.test("NVIDIA's templates and essays are read from their files", () => {
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
    message: /a\.py TASKS: expected niah to be an object but found 5/,
  });
  throws(() => readTemplates(write("b.py", "TASKS = dict()")), /b\.py line 1: expected a literal/);
  throws(() => readTemplates(write("c.py", constantsOf(kinds, "{other}"))), /found \{other\}/);
  throws(() => readTemplates(folder.path("none.py")), /none\.py: expected a file but found none/);

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
  throws(() => readSquad(write("{")), /q\.json: expected JSON but found "\{"$/);
  throws(() => readSquad(write("[]")), /expected data but found none$/);
  throws(() => readSquad(write('{"data": []}')), /expected questions with answers but found none/);
  throws(() => readHotpotQa(write('[{"question": 1}]')), /expected 0\.question to be a string/);
});
