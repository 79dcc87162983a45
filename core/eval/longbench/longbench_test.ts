import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { sharedPath, sharedTest } from "../../testing/shared_material.ts";
import { BYTE_TOKENIZER, fakeModel, replyBehind } from "../testing/fake_model.ts";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { finishedSamples, progressPath } from "../sample_log.ts";
import { chatFormOfName, wrapPrompt } from "./chat_form.ts";
import { evaluateLongBench, type LongBenchOptions, planLongBench } from "./evaluate.ts";
import { readMaxPromptTokens, readTaskConfig } from "./files.ts";
import { samplePrompt, splitQuestion } from "./prompt.ts";
import { answer } from "./protocol.ts";
import { taskOfFile, writeResultFile } from "./result_file.ts";
import { scoreTask, scoreTaskByLength } from "./score.ts";
import { LONGBENCH_E_TASK_NAMES, LONGBENCH_TASK_NAMES } from "./tasks.ts";

const sample = (context: string, input: string, answers: string[], length = 10) => ({
  input,
  context,
  answers,
  length,
  dataset: "hotpotqa",
  language: "en",
  all_classes: null,
  _id: "0",
});

/** A folder with LongBench's files, and the options to run hotpotqa from it. */
function longBench(folder: ReturnType<typeof temporaryFolder>, samples: unknown[]) {
  const write = (name: string, value: unknown) => {
    writeFileSync(folder.path(name), JSON.stringify(value));
    return folder.path(name);
  };
  writeFileSync(
    folder.path("hotpotqa.jsonl"),
    samples.map((line) => JSON.stringify(line) + "\n").join(""),
  );
  const options: LongBenchOptions = {
    model: fakeModel(replyBehind("Answer:", "Paris")),
    task: "hotpotqa",
    samples: folder.path("hotpotqa.jsonl"),
    configFiles: {
      prompts: write("dataset2prompt.json", {
        hotpotqa: "Read.\n{context}\nQuestion: {input}\nAnswer:",
      }),
      generatedTokens: write("dataset2maxlen.json", { hotpotqa: 32 }),
    },
    out: folder.path("out"),
    protocol: "artifact",
    maxPromptTokens: 5000,
    budget: 1024,
  };
  return options;
}

const FILLER = "All work and no play. ".repeat(20);
const SAMPLES = [
  sample(FILLER, "Capital of France?", ["Lyon", "Paris"]),
  sample(FILLER, "Größte Stadt?\u2028", ["Bern"]),
  sample("", "Q?", ["paris!"]),
];

Deno.test("a task is run, scored and written as the artifact writes it", async () => {
  using folder = temporaryFolder();
  const options = longBench(folder, SAMPLES);
  const record = await evaluateLongBench(options);
  const path = folder.path("out", "pred", "fake", "hotpotqa-1024.jsonl");
  equal(
    readFileSync(path, "utf8"),
    '{"pred": "Paris", "answers": ["Lyon", "Paris"], "all_classes": null, "length": 10}\n' +
      '{"pred": "Paris", "answers": ["Bern"], "all_classes": null, "length": 10}\n' +
      '{"pred": "Paris", "answers": ["paris!"], "all_classes": null, "length": 10}\n',
  );
  deepEqual(record.scores, { hotpotqa: 66.67 });
  deepEqual([record.evaluation, record.protocol, record.samples], ["longbench", "artifact", 3]);
  deepEqual(record.digests.weights, "ab");
  equal(record.digests.samples!.length, 64);
  equal(record.cost.generatedTokens, 18);
  equal(record.cost.rows!.placedRows16, record.cost.rows!.selections);
  deepEqual(JSON.parse(readFileSync(path.replace("jsonl", "json"), "utf8")), record);
  deepEqual(await writeResultFile(folder.path("out", "pred", "fake")), {
    "hotpotqa-1024.jsonl": 66.67,
  });
  equal(
    readFileSync(folder.path("out", "pred", "fake", "result.json"), "utf8"),
    '{\n    "hotpotqa-1024.jsonl": 66.67\n}',
  );
});

Deno.test("an interrupted run goes on without repeating or losing a sample", async () => {
  using folder = temporaryFolder();
  const uninterrupted = longBench(folder, SAMPLES);
  await evaluateLongBench(uninterrupted);
  const { path, identity } = await planLongBench(uninterrupted);
  const whole = readFileSync(path, "utf8");
  const lines = whole.split("\n");

  const cut = async (damage: () => void, finished: number) => {
    damage();
    equal(finishedSamples(path, identity), finished);
    const options = longBench(folder, SAMPLES);
    await evaluateLongBench(options);
    equal(readFileSync(path, "utf8"), whole);
    const { calls } = options.model as ReturnType<typeof fakeModel>;
    deepEqual(
      calls.map((call) => call.sample),
      [0, 1, 2].slice(finished).map((index) => `hotpotqa/${index}`),
    );
  };
  // Stopped while a prediction was written, before its progress, and while the progress was.
  const progress = progressPath(path);
  const size = (text: string) => new TextEncoder().encode(text).length;
  await cut(() => truncateSync(path, size(whole) - 3), 2);
  await cut(() => truncateSync(path, size(lines[0]! + "\n")), 1);
  await cut(() => appendFileSync(path, '{"pred": "half'), 3);
  await cut(() => truncateSync(progress, readFileSync(progress).length - 1), 2);
  await cut(() => truncateSync(path, 0), 0);
});

Deno.test("a run that is told to stop keeps what is finished", async () => {
  using folder = temporaryFolder();
  const stop = new AbortController();
  const options = longBench(folder, SAMPLES);
  await rejects(
    evaluateLongBench({ ...options, signal: stop.signal, onSample: () => stop.abort() }),
    { name: "AbortError" },
  );
  const { path, identity } = await planLongBench(options);
  equal(finishedSamples(path, identity), 1);
  const record = await evaluateLongBench(options);
  deepEqual([record.samples, record.scores.hotpotqa], [3, 66.67]);
  const { calls } = options.model as ReturnType<typeof fakeModel>;
  deepEqual(calls.map((call) => call.sample), ["hotpotqa/0", "hotpotqa/1", "hotpotqa/2"]);
  equal(calls.every((call) => call.closed), true);
});

Deno.test("results of other settings are not continued", async () => {
  using folder = temporaryFolder();
  const options = longBench(folder, SAMPLES);
  await evaluateLongBench({ ...options, limit: 1 });
  const { path } = await planLongBench(options);
  await rejects(evaluateLongBench({ ...options, protocol: "official" }), {
    name: "EvaluationInputError",
    message: `${path}: results of another run: expected protocol "official" but found "artifact"`,
  });
  writeFileSync(progressPath(path), "scribble\n");
  await rejects(evaluateLongBench({ ...options, limit: 1 }), /expected JSON but found "scribble"/);
});

Deno.test("results without their progress are left alone", async () => {
  using folder = temporaryFolder();
  const options = longBench(folder, SAMPLES);
  const { path } = await planLongBench(options);
  await evaluateLongBench({ ...options, limit: 1 });
  truncateSync(progressPath(path), 0);
  await rejects(evaluateLongBench(options), /expected no results, or .* but found results without/);
});

Deno.test("a bad line is named by file and line, and finished samples are kept", async () => {
  using folder = temporaryFolder();
  const options = longBench(folder, SAMPLES);
  appendFileSync(options.samples, '{"input": 5\n');
  await rejects(evaluateLongBench(options), {
    name: "EvaluationInputError",
    message: `${options.samples} line 4: expected JSON but found "{\\"input\\": 5"`,
  });
  const { path, identity } = await planLongBench(options);
  equal(finishedSamples(path, identity), 3);

  writeFileSync(options.samples, JSON.stringify({ ...SAMPLES[0], answers: "Paris" }));
  await rejects(
    evaluateLongBench({ ...options, out: folder.path("other") }),
    { message: `${options.samples} line 1: expected answers to be Array but found "Paris"` },
  );
  await rejects(
    evaluateLongBench({ ...options, samples: folder.path("none.jsonl") }),
    { message: `${folder.path("none.jsonl")}: expected a file but found none` },
  );
});

Deno.test("configuration files that lack a task or have a bad template are named", async () => {
  using folder = temporaryFolder();
  const { configFiles } = longBench(folder, []);
  await rejects(readTaskConfig(configFiles, "trec"), {
    message: `${configFiles.prompts}: expected an entry trec but found hotpotqa`,
  });
  writeFileSync(configFiles.prompts, JSON.stringify({ hotpotqa: "{context} {question}" }));
  await rejects(readTaskConfig(configFiles, "hotpotqa"), {
    message: `${configFiles.prompts} hotpotqa: ` +
      "Expected a place among {context}, {input} but found {question}",
  });
});

Deno.test("the question is the anchor's part, but at most 100 characters", () => {
  const long = "x".repeat(300);
  equal(splitQuestion(`${long} Question: q`, "Question:").question, "Question: q");
  equal(splitQuestion(`Question: ${long}`, "Question:").question, "x".repeat(100));
  equal(splitQuestion(`Question: a ${long} Question: b`, "Question:").question, "Question: b");
  equal(splitQuestion(long, undefined).question.length, 100);
  deepEqual(splitQuestion("short", undefined), { context: "short", question: "" });
  deepEqual(splitQuestion("x".repeat(99), undefined).question, "");
  deepEqual(splitQuestion("x".repeat(100), undefined).context, "");
  equal(splitQuestion("short Now, what?", "Now,").question, "Now, what?");
  // Characters are code points.
  equal(splitQuestion("😀".repeat(150), undefined).question, "😀".repeat(100));
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    const { context, question } = splitQuestion(text, undefined);
    equal(context + question, text);
    equal([...question].length, [...text].length < 100 ? 0 : 100);
  }));
});

Deno.test("a long prompt loses its middle, by tokens", () => {
  const cut = samplePrompt(sample("0123456789", "?", []), "{context}{input}", BYTE_TOKENIZER, 8);
  // Of <s>0123456789? the first four tokens and the last four.
  equal(cut, "012789?");
  equal(
    samplePrompt(sample("0123456789", "?", []), "{context}{input}", BYTE_TOKENIZER, 12),
    "0123456789?",
  );
  equal(
    samplePrompt(sample("0123456789", "?", []), "{context}{input}", BYTE_TOKENIZER, 7),
    "0189?",
  );
});

Deno.test("each protocol reads what it says at once and step by step", async () => {
  const prompt = `${FILLER}Question: where?\nAnswer:`;
  const run = async (protocol: LongBenchOptions["protocol"]) => {
    const model = fakeModel(replyBehind("Answer:", "Paris"));
    const session = await model.open("s");
    const result = await answer(
      model,
      session,
      { task: "hotpotqa", prompt, maxGeneratedTokens: 3 },
      protocol,
    );
    return { ...result, ...model.calls[0]! };
  };
  const artifact = await run("artifact");
  equal(artifact.prefilled, `<s>${FILLER}`);
  // The token it drops is the beginning-of-text token here.
  equal(artifact.stepped, "Question: where?\nAnswer:Pa");
  equal(artifact.text, "Par");
  equal(artifact.promptTokens, 1 + prompt.length);
  const official = await run("official");
  equal(official.prefilled, `<s>${prompt}`);
  equal(official.stepped, "Pa");
});

Deno.test("the artifact drops a real token where the tokenizer adds none", async () => {
  const tokenizer = {
    ...BYTE_TOKENIZER,
    encode: (text: string) => BYTE_TOKENIZER.encode(text, { special: false }),
  };
  const stepped = async (protocol: LongBenchOptions["protocol"]) => {
    const model = fakeModel(() => "", { tokenizer });
    const question = { task: "hotpotqa", maxGeneratedTokens: 1 } as const;
    await answer(
      model,
      await model.open("s"),
      { ...question, prompt: `${FILLER}Question: q` },
      protocol,
    );
    return model.calls[0]!.stepped;
  };
  equal(await stepped("artifact"), "uestion: q");
  equal(await stepped("question-as-decode"), "Question: q");
});

Deno.test("a stop token at the first place is passed over, stops or is barred", async () => {
  const generated = async (task: "hotpotqa" | "samsum", protocol: LongBenchOptions["protocol"]) => {
    // Whatever it reads, it ends.
    const model = fakeModel(() => "");
    const result = await answer(
      model,
      await model.open("s"),
      { task, prompt: "why?", maxGeneratedTokens: 9 },
      protocol,
    );
    return result.generatedTokens;
  };
  equal(await generated("hotpotqa", "artifact"), 2);
  equal(await generated("hotpotqa", "question-as-decode"), 1);
  equal(await generated("hotpotqa", "official"), 1);
  equal(await generated("samsum", "official"), 2);
});

Deno.test("samsum ends at a line feed in the official protocol only", async () => {
  const text = async (protocol: LongBenchOptions["protocol"]) => {
    const model = fakeModel(replyBehind("?", "one\ntwo"));
    const question = { task: "samsum", prompt: "why?", maxGeneratedTokens: 9 } as const;
    return (await answer(model, await model.open("s"), question, protocol)).text;
  };
  equal(await text("official"), "one\n");
  equal(await text("question-as-decode"), "one\ntwo");
});

Deno.test("a prompt that does not fit the model is refused by name", async () => {
  using folder = temporaryFolder();
  const model = fakeModel(() => "", { contextTokens: 100 });
  await rejects(evaluateLongBench({ ...longBench(folder, SAMPLES), model }), {
    name: "EvaluationInputError",
    message: /^hotpotqa\/0: expected a prompt of at most 69 tokens, as fake holds 100 and 32 are/,
  });
});

Deno.test("chat forms go by name as in the reference", () => {
  const model = fakeModel(() => "");
  equal(chatFormOfName("Mistral-7B-Instruct-v0.3"), "none");
  equal(chatFormOfName("vicuna-v1.5-7b-16k"), "vicuna");
  equal(wrapPrompt("p", chatFormOfName("llama2-7b-chat-4k"), model), "[INST]p[/INST]");
  equal(wrapPrompt("Hi", "vicuna", model).slice(-27), "questions. USER: Hi ASSISTANT:".slice(-27));
  throws(() => chatFormOfName("chatglm3-6b-32k"), /expected a chat form to be named/);
  throws(() => wrapPrompt("p", "template", model), /expected a chat template but found none/);
  const chatting = fakeModel(() => "", { chat: (prompt) => `<user>${prompt}` });
  equal(wrapPrompt("p", "template", chatting), "<user>p");
});

Deno.test("prompts of few-shot tasks are not put into a chat form", async () => {
  using folder = temporaryFolder();
  const options = longBench(folder, SAMPLES);
  writeFileSync(
    options.configFiles.prompts,
    JSON.stringify({ trec: "{input}", hotpotqa: "{input}" }),
  );
  writeFileSync(options.configFiles.generatedTokens, JSON.stringify({ trec: 1, hotpotqa: 1 }));
  for (const task of ["trec", "hotpotqa"] as const) {
    const model = fakeModel(() => "");
    await evaluateLongBench({ ...options, model, task, chatForm: "llama2", limit: 1 });
    equal(model.calls[0]!.prefilled.includes("[INST]"), task === "hotpotqa");
  }
});

Deno.test("of a few-shot prediction the first line counts, and the last sample's classes", () => {
  const prediction = (pred: string, classes: string[] | null) => ({
    pred,
    answers: ["Place"],
    all_classes: classes,
  });
  equal(scoreTask("trec", [prediction("\n\nPlace\nDate", ["Place", "Date"])]), 100);
  equal(
    scoreTask("trec", [prediction("Place", null), prediction("Place", ["Place", "Date"])]),
    100,
  );
  equal(scoreTask("trec", [prediction("Place", ["Place"]), prediction("Place", null)]), 0);
});

Deno.test("scores without predictions or answers", () => {
  throws(() => scoreTask("qasper", []), { message: "qasper: expected predictions but found none" });
  equal(scoreTask("qasper", [{ pred: "x", answers: [], all_classes: null }]), 0);
});

Deno.test("LongBench-E scores go by words: below 4000, below 8000, the rest", () => {
  const prediction = (length: number, pred: string) => ({
    pred,
    answers: ["yes"],
    all_classes: null,
    length,
  });
  deepEqual(
    scoreTaskByLength("qasper", [
      prediction(3999, "yes"),
      prediction(4000, "no"),
      prediction(7999, "yes"),
      prediction(7998, "yes"),
    ]),
    { "0-4k": 100, "4-8k": 66.67, "8k+": null },
  );
  const { length: _, ...without } = prediction(1, "yes");
  throws(() => scoreTaskByLength("qasper", [without]), /expected a length but sample 0 has none/);
});

Deno.test("LongBench-E results have their own folder", async () => {
  using folder = temporaryFolder();
  const options = { ...longBench(folder, SAMPLES), byLength: true };
  const record = await evaluateLongBench(options);
  deepEqual(record.scores.hotpotqa, { "0-4k": 66.67, "4-8k": null, "8k+": null });
  equal((await planLongBench(options)).path, folder.path("out/pred_e/fake/hotpotqa-1024.jsonl"));
});

Deno.test("tasks are found in file names", () => {
  for (const task of LONGBENCH_TASK_NAMES) {
    equal(taskOfFile(`${task}.jsonl`), task);
    equal(taskOfFile(`${task}-512.jsonl`), task);
  }
  equal(LONGBENCH_TASK_NAMES.length, 16);
  equal(LONGBENCH_E_TASK_NAMES.length, 13);
  throws(() => taskOfFile("dureader-512.jsonl"), /expected the name of a LongBench task/);
});

sharedTest("LongBench's own configuration files are read", async () => {
  const paths = {
    prompts: sharedPath("data/longbench/dataset2prompt.json"),
    generatedTokens: sharedPath("data/longbench/dataset2maxlen.json"),
  };
  const tokens = [128, 128, 64, 32, 32, 32, 512, 512, 512, 64, 32, 128, 32, 32, 64, 64];
  for (const [i, task] of LONGBENCH_TASK_NAMES.entries()) {
    const config = await readTaskConfig(paths, task);
    equal(config.maxGeneratedTokens, tokens[i]);
    equal(config.template.includes("{context}"), true);
  }
  const lengths = sharedPath("data/longbench/model2maxlen.json");
  equal(await readMaxPromptTokens(lengths, "Mistral-7B-Instruct-v0.3"), 31500);
});
