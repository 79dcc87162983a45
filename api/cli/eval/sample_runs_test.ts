import { deepEqual, equal, match } from "node:assert/strict";
import { readTraceFile } from "../../../core/attention/trace_file.ts";
import { digestFile } from "../../../core/eval/digest.ts";
import { FILLER, SAMPLES } from "../../../core/eval/testing/longbench_samples.ts";
import { filesIn, inFolder, kvpim } from "../testing.ts";

/** A folder as LongBench has it. */
function writeLongBench(folder: string) {
  const write = (name: string, text: string) => Deno.writeTextFileSync(`${folder}/${name}`, text);
  Deno.mkdirSync(folder);
  write("hotpotqa.jsonl", SAMPLES.map((sample) => `${JSON.stringify(sample)}\n`).join(""));
  const prompt = "Read.\n{context}\nQuestion: {input}\nAnswer:";
  write("dataset2prompt.json", JSON.stringify({ hotpotqa: prompt, musique: prompt }));
  write("dataset2maxlen.json", JSON.stringify({ hotpotqa: 3, musique: 3 }));
  write("model2maxlen.json", JSON.stringify({ "tiny-llama": 500 }));
}

async function samplesOf(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const event of (await readTraceFile(path)).events) {
    if (event.kind === "sample") names.push(event.name);
  }
  return names;
}

Deno.test(
  "LongBench runs from its own files, and goes on with its trace",
  inFolder(async (folder) => {
    const data = `${folder}/longbench`;
    writeLongBench(data);
    const args = [
      ...["eval", "longbench", "--data", data, "--config", data, "--task", "hotpotqa"],
      ...["--policy", "random", "--budget", "16", "--output", `${folder}/out`],
      ...["--trace", `${folder}/a.trace`, "--trace-lists", "rows16,tokens"],
    ];
    const limits = ["--fuel", "1000000000"];
    const record = () => {
      const path = `${folder}/out/random/pred/tiny-llama/hotpotqa-16.json`;
      return JSON.parse(Deno.readTextFileSync(path));
    };
    const usage = () => record().cost.usage;
    const first = await kvpim([...args, ...limits, "--limit", "2"]);
    equal(first.code, 0, first.err);
    match(first.out, /^random +hotpotqa +2 +[\d.]+ /m);
    const before = usage();
    const other = await kvpim(args);
    equal(other.code, 2);
    match(
      other.err,
      /results of another run: expected policy\.limits\.\w+ nothing but found \d+; --output names another folder$/m,
    );
    const { out } = await kvpim([...args, ...limits]);
    const after = usage();
    equal(after.fuel > before.fuel && before.fuel > 0, true);
    equal(after.mostFuelPerCall >= before.mostFuelPerCall, true);
    match(out, /^tiny-llama: LongBench, protocol artifact, budget 16 tokens$/m);
    match(out, /^random +hotpotqa +3 +[\d.]+ /m);
    match(out, /no claim about 7B models/);
    const predictions = `${folder}/out/random/pred/tiny-llama`;
    const names = ["hotpotqa-16.json", "hotpotqa-16.jsonl", "hotpotqa-16.progress", "result.json"];
    deepEqual(filesIn(predictions), names);
    deepEqual(await samplesOf(`${folder}/a.trace`), ["hotpotqa/0", "hotpotqa/1", "hotpotqa/2"]);
    await using trace = await readTraceFile(`${folder}/a.trace`);
    deepEqual(trace.header.lists, ["tokens", "rows16"]);
    equal(record().traceDigest, await digestFile(`${folder}/a.trace`));
    equal(FILLER.length, 440);
  }),
);

Deno.test(
  "what is in the way of any task's trace is told before the first sample",
  inFolder(async (folder) => {
    const data = `${folder}/longbench`;
    writeLongBench(data);
    const [first, second] = SAMPLES;
    const long = { ...second, context: FILLER.repeat(8) };
    const lines = [first, long].map((sample) => JSON.stringify(sample));
    Deno.writeTextFileSync(`${data}/hotpotqa.jsonl`, lines.join("\n"));
    Deno.mkdirSync(`${folder}/traces`);
    const run = (policies: string, output: string) =>
      kvpim([
        ...["eval", "longbench", "--data", data, "--config", data, "--task", "hotpotqa"],
        ...["--policy", policies, "--max-prompt", "2000", "--output", `${folder}/${output}`],
        ...["--trace", `${folder}/traces/a.trace`],
      ]);
    equal((await run("full,starc", "out")).code, 2);
    const [partial] = filesIn(`${folder}/traces`);
    match(partial!, /^a-full\.trace\.[0-9a-f]{16}\.partial$/);
    Deno.removeSync(`${folder}/traces/${partial}`);
    Deno.mkdirSync(`${folder}/traces/${partial}`);
    const { code, err } = await run("starc,full", "other");
    deepEqual([code, err.split("\n").length], [2, 2], err);
    match(
      err,
      /--trace: expected a file that can be written but found .*\.partial: it is a folder$/m,
    );
    deepEqual(filesIn(folder), ["longbench", "out", "traces"]);
    deepEqual(filesIn(`${folder}/traces`), [partial]);
  }),
);

Deno.test(
  "a bad line of any task is told before the first sample, and mended it loses nothing",
  inFolder(async (folder) => {
    const data = `${folder}/longbench`;
    writeLongBench(data);
    const [first, second] = SAMPLES.map((sample) => JSON.stringify(sample));
    const path = `${data}/musique.jsonl`;
    Deno.writeTextFileSync(path, `${first}\n{"input": 5}\n`);
    const args = [
      ...["eval", "longbench", "--data", data, "--config", data, "--task", "hotpotqa,musique"],
      ...["--policy", "full", "--output", `${folder}/out`],
    ];
    const refused = await kvpim(args);
    deepEqual([refused.code, refused.err.split("\n").length], [2, 2], refused.err);
    match(refused.err, /musique\.jsonl line 2: expected input to be a string but found 5$/m);
    deepEqual(filesIn(folder), ["longbench"]);

    const progress = () => {
      const lines = Deno.readTextFileSync(
        `${folder}/out/full/pred/tiny-llama/musique-128.progress`,
      );
      return lines.trimEnd().split("\n");
    };
    Deno.writeTextFileSync(path, `${first}\n`);
    equal((await kvpim(args)).code, 0);
    const before = progress();
    Deno.writeTextFileSync(path, `${first}\n${second}\n`);
    const { code, out, err } = await kvpim(args);
    equal(code, 0, err);
    match(out, /^full +musique +2 /m);
    // Its seconds too: the first sample was not run again.
    deepEqual(progress().slice(0, 2), before);

    Deno.writeTextFileSync(path, `${second}\n${first}\n`);
    const other = await kvpim(args);
    deepEqual([other.code, other.err.split("\n").length], [2, 2], other.err);
    match(other.err, /musique-128\.jsonl: expected the samples of an earlier run, .* sample 1 of/);
  }),
);

Deno.test(
  "results of another run are told before the first sample of any task or policy",
  inFolder(async (folder) => {
    const data = `${folder}/longbench`;
    writeLongBench(data);
    Deno.copyFileSync(`${data}/hotpotqa.jsonl`, `${data}/musique.jsonl`);
    const longBench = ["longbench", "--data", data, "--config", data];
    const ruler = ["ruler", "--length", "900", "--samples", "1"];
    for (
      const [evaluation, tasks] of [[longBench, "hotpotqa,musique"], [ruler, "fwe,vt"]] as const
    ) {
      const output = `${folder}/${evaluation[0]}`;
      const args = ["eval", ...evaluation, "--limit", "1", "--output", output];
      const last = tasks.split(",")[1]!;
      equal((await kvpim([...args, "--task", last, "--policy", "starc"])).code, 0);
      const both = ["--task", tasks, "--policy", "full,starc", "--recall"];
      const { code, err } = await kvpim([...args, ...both]);
      deepEqual([code, err.split("\n").length], [2, 2], err);
      match(err, new RegExp(`starc/.*/${last}[-_]\\d+\\.jsonl: results of another run: expected`));
      equal(filesIn(output).includes("full"), false);
    }
  }),
);

Deno.test(
  "a prompt that does not fit is named by file and line, with the option that cuts it",
  inFolder(async (folder) => {
    const data = `${folder}/longbench`;
    writeLongBench(data);
    const [first, second] = SAMPLES.map((sample) => ({ ...sample, context: FILLER.repeat(8) }));
    const lines = ["", JSON.stringify(first), JSON.stringify(second)];
    Deno.writeTextFileSync(`${data}/hotpotqa.jsonl`, lines.join("\n"));
    const { code, err } = await kvpim([
      ...["eval", "longbench", "--data", data, "--config", data, "--task", "hotpotqa"],
      ...["--policy", "full", "--output", `${folder}/out`, "--max-prompt", "2000"],
    ]);
    deepEqual([code, err.split("\n").length], [2, 2], err);
    match(
      err,
      /hotpotqa\.jsonl line 2 \(hotpotqa\/0\): expected a prompt of at most 1022 tokens, .*; --max-prompt cuts prompts, now to 2000 tokens$/m,
    );
  }),
);

Deno.test(
  "RULER's samples are generated for the model's tokenizer, and run",
  inFolder(async (folder) => {
    const { code, out, err } = await kvpim([
      ...["eval", "ruler", "--task", "vt,fwe", "--length", "900", "--samples", "1"],
      ...["--policy", "full", "--output", folder],
    ]);
    equal(code, 0, err);
    match(out, /^tiny-llama: RULER at 900 tokens, protocol nvidia, budget 128 tokens$/m);
    match(out, /^full +vt +1 +[\d.]+ +[\d.]+ /m);
    match(out, /^full +fwe +1 +[\d.]+ +[\d.]+ /m);
    deepEqual(filesIn(`${folder}/data`), ["fwe_900", "vt_900"]);
    const line = JSON.parse(
      Deno.readTextFileSync(`${folder}/data/vt_900/validation.jsonl`).split("\n")[0]!,
    );
    equal(line.length <= 900, true);
  }),
);

Deno.test(
  "RULER's samples leave room for what the protocol generates, at the model's full length",
  inFolder(async (folder) => {
    const { code, out, err } = await kvpim([
      ...["eval", "ruler", "--task", "vt,fwe", "--protocol", "artifact", "--samples", "1"],
      ...["--policy", "full", "--output", folder],
    ]);
    equal(code, 0, err);
    match(out, /^tiny-llama: RULER at 1024 tokens, protocol artifact, /m);
    for (const task of ["vt", "fwe"]) {
      const data = `${folder}/data/${task}_1024`;
      const line = Deno.readTextFileSync(`${data}/validation.jsonl`).split("\n")[0]!;
      equal(JSON.parse(line).length <= 1024, true);
      equal(JSON.parse(Deno.readTextFileSync(`${data}/validation.json`)).generatedTokens, 128);
    }
  }),
);

Deno.test(
  "missing files and unknown tasks are named in one line",
  inFolder(async (folder) => {
    const refuses = async (args: string[], message: RegExp) => {
      const { code, err } = await kvpim(["eval", ...args, "--output", `${folder}/out`]);
      equal(code, 2, err);
      match(err, message);
      equal(err.split("\n").length, 2, `one line: ${err}`);
    };
    const empty = ["longbench", "--data", folder, "--config", folder, "--policy", "full"];
    await refuses(empty, /model2maxlen\.json: expected a file but found none/);
    await refuses([...empty, "--max-prompt", "9"], /dataset2prompt\.json: expected a file but/);
    await refuses(
      [...empty, "--max-prompt", "1"],
      /--max-prompt: expected a whole number from 2 to \d+ but found "1"/,
    );
    await refuses(
      [...empty, "--task", "hotpot"],
      /--task: expected one of narrativeqa, .*"hotpot"/,
    );
    await refuses(
      [...empty, "--task", "qmsum,qmsum"],
      /--task: expected each once but found qmsum/,
    );
    await refuses(
      ["ruler", "--trace-lists", "tokens"],
      /^kvpim: --trace-lists: expected --trace beside it but found none/,
    );
    for (const evaluation of [["ruler"], ["longbench", "--data", folder, "--config", folder]]) {
      await refuses(
        [...evaluation, "--policy", "full", "--trace", `${folder}/none/a.trace`],
        /--trace: expected a file that can be written but found .*-[a-z0-9_]+\.trace: no such file/,
      );
    }
    await refuses(["longbench"], /required option '--data <folder>' not specified/);
    await refuses(
      ["ruler", "--task", "qa_1", "--policy", "full"],
      /^kvpim: qa_1: expected the file of squad but found none$/m,
    );
    const data = ["ruler", "--data", folder, "--policy", "full"];
    await refuses(
      data,
      /--data: expected --length beside it, the tokens its samples were made for, but found none$/m,
    );
    await refuses(
      [...data, "--length", "900"],
      /niah_single_1\/validation\.jsonl: expected a file but found none$/m,
    );
    Deno.mkdirSync(`${folder}/vt/validation.jsonl`, { recursive: true });
    await refuses(
      [...data, "--length", "900", "--task", "vt"],
      /vt\/validation\.jsonl: expected a file but found a folder$/m,
    );
  }),
);

Deno.test(
  "what is wrong with any task's samples, predictions or trace is told before the first sample",
  inFolder(async (folder) => {
    const data = `${folder}/longbench`;
    writeLongBench(data);
    const prompts = JSON.parse(Deno.readTextFileSync(`${data}/dataset2prompt.json`));
    const lengths = JSON.parse(Deno.readTextFileSync(`${data}/dataset2maxlen.json`));
    const retrieval = "passage_retrieval_en";
    const config = (name: string, value: unknown) =>
      Deno.writeTextFileSync(`${data}/${name}`, JSON.stringify(value));
    config("dataset2prompt.json", { ...prompts, [retrieval]: prompts.hotpotqa });
    config("dataset2maxlen.json", { ...lengths, [retrieval]: 3 });
    const line = JSON.stringify(SAMPLES[0]);
    Deno.writeTextFileSync(`${data}/musique.jsonl`, "\n");
    Deno.writeTextFileSync(`${data}/${retrieval}.jsonl`, line);
    const run = (task: string, ...more: string[]) =>
      kvpim([
        ...["eval", "longbench", "--data", data, "--config", data, "--policy", "full"],
        ...["--limit", "1", "--output", `${folder}/out`, "--task", task, ...more],
      ]);
    const refuses = async (message: RegExp, task: string, ...more: string[]) => {
      const { code, err } = await run(task, ...more);
      deepEqual([code, err.split("\n").length], [2, 2], err);
      match(err, message);
    };
    await refuses(/musique\.jsonl: expected samples but found none$/m, "hotpotqa,musique");
    await refuses(
      /--trace: expected another file than --data names but found .*hotpotqa\.jsonl$/m,
      ...["hotpotqa", "--trace", `${data}/hotpotqa.jsonl`],
    );
    await refuses(
      /passage_retrieval_en\.jsonl line 1: expected an answer such as "Paragraph 3" but found /,
      `hotpotqa,${retrieval}`,
    );
    await refuses(/tiny-llama: expected a chat template but/, "hotpotqa", "--chat-form=template");
    deepEqual(filesIn(folder), ["longbench"]);

    Deno.writeTextFileSync(`${data}/musique.jsonl`, line);
    equal((await run("musique")).code, 0);
    const predictions = `${folder}/out/full/pred/tiny-llama`;
    const trace = ["--trace", `${folder}/a.trace`];
    await refuses(
      /a-musique\.trace: expected the trace of the 1 finished samples but found none/,
      ...["hotpotqa,musique", ...trace],
    );
    Deno.writeTextFileSync(`${predictions}/qasper.jsonl`, "no JSON\n");
    await refuses(/qasper\.jsonl line 1: expected JSON but found "no JSON"$/m, "hotpotqa");
    Deno.removeSync(`${predictions}/qasper.jsonl`);
    // Nothing of these is a prediction.
    Deno.writeTextFileSync(`${predictions}/notes.jsonl`, "no JSON\n");
    Deno.writeTextFileSync(`${predictions}/trec-64.jsonl`, "");
    equal((await run("hotpotqa")).code, 0);
    const scored = JSON.parse(Deno.readTextFileSync(`${predictions}/result.json`));
    deepEqual(Object.keys(scored), ["hotpotqa-128.jsonl", "musique-128.jsonl"]);

    Deno.removeSync(`${predictions}/result.json`);
    Deno.mkdirSync(`${predictions}/result.json`);
    await refuses(
      /result\.json: expected a file that can be written but found a folder$/m,
      "musique",
    );
    Deno.removeSync(`${predictions}/hotpotqa-128.progress`);
    Deno.mkdirSync(`${predictions}/hotpotqa-128.progress`);
    await refuses(/hotpotqa-128\.progress: expected a file but found a folder$/m, "hotpotqa");
  }),
);

Deno.test(
  "layers named in another order, or twice, are the same run",
  inFolder(async (folder) => {
    const data = `${folder}/longbench`;
    writeLongBench(data);
    const run = (layers: string) =>
      kvpim([
        ...["eval", "longbench", "--data", data, "--config", data, "--policy", "random"],
        ...["--task", "hotpotqa", "--limit", "1", "--output", `${folder}/out`],
        ...["--dense-layers", layers],
      ]);
    equal((await run("0,1")).code, 0);
    const { code, err } = await run("1,0,1");
    equal(code, 0, err);
  }),
);
