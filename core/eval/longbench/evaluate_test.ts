import { deepEqual, equal, rejects } from "node:assert/strict";
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { digestFile } from "../digest.ts";
import { fakeModel, replyBehind } from "../testing/fake_model.ts";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { finishedSamples, progressPath } from "../sample_log.ts";
import { evaluateLongBench, planLongBench } from "./evaluate.ts";
import { writeResultFile } from "./result_file.ts";
import { longBench, SAMPLES } from "../testing/longbench_samples.ts";

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
  equal(calls.every((call) => call.ended && call.closed), true);
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

Deno.test("a bad line is told before the first sample, and mended it loses nothing", async () => {
  using folder = temporaryFolder();
  const options = longBench(folder, SAMPLES);
  const calls = () => (options.model as ReturnType<typeof fakeModel>).calls;
  await evaluateLongBench({ ...options, limit: 1 });
  const whole = readFileSync(options.samples, "utf8");
  appendFileSync(options.samples, '{"input": 5\n');
  await rejects(evaluateLongBench(options), {
    name: "EvaluationInputError",
    message: `${options.samples} line 4: expected JSON but found "{\\"input\\": 5"`,
  });
  equal(calls().length, 1);
  writeFileSync(options.samples, whole + JSON.stringify(SAMPLES[0]) + "\n");
  const { samples, digests } = await evaluateLongBench(options);
  equal(samples, 4);
  deepEqual(calls().map((call) => call.sample), [0, 1, 2, 3].map((index) => `hotpotqa/${index}`));
  equal(digests.samples, await digestFile(options.samples));
});

Deno.test("a finished sample stays only as long as it is what is asked", async () => {
  using folder = temporaryFolder();
  const options = longBench(folder, SAMPLES);
  await evaluateLongBench(options);
  const { path, identity } = await planLongBench(options);
  const write = (samples: readonly object[]) =>
    writeFileSync(options.samples, samples.map((one) => `${JSON.stringify(one)}\n`).join(""));
  write([SAMPLES[0]!, { ...SAMPLES[1], input: "Another question?" }, SAMPLES[2]!]);
  await rejects(evaluateLongBench(options), {
    message: `${path}: expected the samples of an earlier run, and any after them, but found ` +
      "another sample 2 of the 3 that are finished",
  });
  write(SAMPLES.slice(0, 2));
  await rejects(evaluateLongBench(options), {
    message: `${path}: expected the 3 samples that are finished, and any after them, but found 2`,
  });
  equal(finishedSamples(path, identity), 3);
  write(SAMPLES);
  equal((await evaluateLongBench(options)).samples, 3);
});

Deno.test("a limit below what is finished scores the first samples and keeps the others", async () => {
  using folder = temporaryFolder();
  const options = longBench(folder, SAMPLES);
  const whole = await evaluateLongBench({ ...options, recallBudget: 2 });
  const first = await evaluateLongBench({ ...options, recallBudget: 2, limit: 1 });
  const { path } = await planLongBench(options);
  deepEqual([first.samples, first.scores.hotpotqa], [1, 100]);
  equal(first.cost.generatedTokens, 6);
  equal(first.cost.rows!.selections * 3 < whole.cost.rows!.selections * 2, true);
  deepEqual(JSON.parse(readFileSync(path.replace("jsonl", "json"), "utf8")), first);
  equal(readFileSync(path, "utf8").trimEnd().split("\n").length, 3);
  deepEqual(await evaluateLongBench({ ...options, recallBudget: 2 }), whole);
  equal((options.model as ReturnType<typeof fakeModel>).calls.length, 3);
});

Deno.test("a file of samples that cannot be read is named", async () => {
  using folder = temporaryFolder();
  const options = longBench(folder, SAMPLES);
  writeFileSync(options.samples, JSON.stringify({ ...SAMPLES[0], answers: "Paris" }));
  await rejects(
    evaluateLongBench({ ...options, out: folder.path("other") }),
    { message: `${options.samples} line 1: expected answers to be a list but found "Paris"` },
  );
  await rejects(
    evaluateLongBench({ ...options, samples: folder.path("none.jsonl") }),
    { message: `${folder.path("none.jsonl")}: expected a file but found none` },
  );
  await rejects(
    evaluateLongBench({ ...options, samples: folder.path() }),
    { message: `${folder.path()}: expected a file but found a folder` },
  );
});

Deno.test("a prompt that does not fit the model is refused by name", async () => {
  using folder = temporaryFolder();
  const model = fakeModel(() => "", { contextTokens: 100 });
  await rejects(evaluateLongBench({ ...longBench(folder, SAMPLES), model }), {
    name: "EvaluationInputError",
    message:
      /hotpotqa\.jsonl line 1 \(hotpotqa\/0\): expected a prompt of at most 69 tokens, as fake holds 100 and 32 are/,
  });
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

Deno.test("LongBench-E results have their own folder", async () => {
  using folder = temporaryFolder();
  const options = { ...longBench(folder, SAMPLES), byLength: true };
  const record = await evaluateLongBench(options);
  deepEqual(record.scores.hotpotqa, { "0-4k": 66.67, "4-8k": null, "8k+": null });
  equal((await planLongBench(options)).path, folder.path("out/pred_e/fake/hotpotqa-1024.jsonl"));
});

Deno.test("a chat template brings its own special tokens", async () => {
  using folder = temporaryFolder();
  const model = fakeModel(replyBehind("Answer:", "Paris"), {
    chat: (prompt) => `<user>${prompt}</user>`,
  });
  const options = longBench(folder, SAMPLES);
  await evaluateLongBench({ ...options, model, chatForm: "template", protocol: "official" });
  equal(model.calls[0]!.prefilled.startsWith("<user>Read."), true);
});
