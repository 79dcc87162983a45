import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { fakeModel } from "../testing/fake_model.ts";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { evaluateRuler } from "./evaluate.ts";
import { writeRulerFile } from "./file.ts";
import { countWords, material } from "../testing/ruler_samples.ts";

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
    message: /validation\.jsonl line 1: expected outputs to be of length 1 or more but found 0/,
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

Deno.test("a chat template is put around the prompt alone, and writes all special tokens itself", async () => {
  using folder = temporaryFolder();
  const samples = folder.path("validation.jsonl");
  writeFileSync(samples, '{"index": 0, "input": "x", "answer_prefix": " is", "outputs": ["y"]}\n');
  const prefilled = async (chat: "apply" | "applied") => {
    const model = fakeModel(() => "", { chat: (prompt) => `<user>${prompt}</user>` });
    const out = folder.path(chat);
    const settings = { task: "vt", samples, maxTokens: 8, protocol: "nvidia" } as const;
    const { config } = await evaluateRuler({ ...settings, model, out, chat });
    return { text: model.calls[0]!.prefilled, config: config.chat };
  };
  deepEqual(await prefilled("apply"), { text: "<user>x</user> is", config: "apply" });
  deepEqual(await prefilled("applied"), { text: "x is", config: undefined });

  const plain = fakeModel(() => "");
  const options = { model: plain, task: "vt", samples, maxTokens: 8, chat: "apply" } as const;
  await rejects(evaluateRuler({ ...options, protocol: "nvidia", out: folder.path("none") }), {
    message: "fake: expected a chat template but found none",
  });
});
