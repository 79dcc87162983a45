import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { budgetTable } from "../../../core/attention/budget_table.ts";
import { readTraceFile } from "../../../core/attention/trace_file.ts";
import { builtInPolicies } from "../../../core/host/built_in_policies.ts";
import { tinyLlama } from "../../../core/llm/tiny_llama.ts";
import { filesIn, inFolder, kvpim, kvpimProcess } from "../testing.ts";

interface Result {
  readonly sampling: unknown;
  readonly repetitionPenalty: number;
  readonly texts: readonly {
    readonly prompt: string;
    readonly text: string;
    readonly tokens: readonly number[];
    readonly endedBy: string;
    readonly promptTokens: number;
  }[];
}

const SHORT = ["generate", "--max-new-tokens", "24"];

async function result(...args: string[]): Promise<Result> {
  const { code, out, err } = await kvpim([...SHORT, "--json", ...args]);
  equal(code, 0, err);
  return JSON.parse(out);
}

async function textOf(...args: string[]): Promise<string> {
  return (await result("--prompt", "The whale", ...args)).texts[0]!.text;
}

/** A copy of the tiny model with other settings beside its weights. */
function modelIn(folder: string, settings: Readonly<Record<string, object>>): string {
  for (const name of ["config.json", "model.safetensors", "tokenizer.json"]) {
    Deno.symlinkSync(`${tinyLlama}${name}`, `${folder}/${name}`);
  }
  for (const name of ["tokenizer_config.json", "generation_config.json"]) {
    const original = JSON.parse(Deno.readTextFileSync(`${tinyLlama}${name}`));
    Deno.writeTextFileSync(
      `${folder}/${name}`,
      JSON.stringify({ ...original, ...settings[name] }),
    );
  }
  return folder;
}

Deno.test("the same seed writes the same text, another seed another", async () => {
  const drawn = ["--temperature", "1.2"];
  const text = await textOf(...drawn, "--seed", "5");
  equal(await textOf(...drawn, "--seed", "5"), text);
  notEqual(await textOf(...drawn, "--seed", "6"), text);
  notEqual(await textOf("--greedy", "--seed", "5"), text);
});

Deno.test("drawing from the likeliest token alone, or at no temperature, is greedy", async () => {
  const greedy = await textOf();
  equal(await textOf("--greedy"), greedy);
  equal(await textOf("--top-k", "1"), greedy);
  equal(await textOf("--top-p", "1e-9"), greedy);
  equal(await textOf("--temperature", "0"), greedy);
});

Deno.test("under a policy that keeps everything a text is that of full attention", async () => {
  const full = await textOf();
  equal(await textOf("--policy", "quest", "--budget", "1024"), full);
  equal(await textOf("--policy", "random", "--budget", "4", "--dense-layers", "0,1,2,3,4,5"), full);
  notEqual(await textOf("--policy", "random", "--budget", "4"), full);
});

Deno.test("limits are for what is generated, too, and what was used of them is told", async () => {
  const limited = await kvpim([
    ...[...SHORT, "--json", "--prompt", "The whale", "--policy", "starc", "--fuel", "50000000"],
  ]);
  const { policy, usage, texts } = JSON.parse(limited.out);
  deepEqual(policy.limits.fuelPerCall, 50000000);
  equal(usage.mostFuelPerCall > 0 && usage.mostFuelPerCall <= 50000000, true);
  equal(texts[0].text, await textOf("--policy", "starc"));
  const { code, err } = await kvpim([
    ...[...SHORT, "--prompt", "The whale", "--policy", "starc", "--fuel", "9"],
  ]);
  equal(code, 2);
  match(err, /^kvpim: starc: ran out of fuel: more than 9 in one call\n$/);
});

Deno.test("prompts that are continued together get the texts that each gets alone", async () => {
  const prompts = ["The whale", "It was a dark night, and the captain said"];
  for (const how of [["--greedy"], ["--temperature", "0.9", "--seed", "3"]]) {
    const under = [...how, "--policy", "starc", "--budget", "16"];
    const alone: Result[] = [];
    for (const prompt of prompts) alone.push(await result(...under, "--prompt", prompt));
    const together = await result(...under, ...prompts.flatMap((text) => ["--prompt", text]));
    deepEqual(together.texts, alone.flatMap(({ texts }) => texts));
  }
});

Deno.test(
  "prompts come from files, and their texts are printed in order",
  inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/lines.txt`, "The whale\r\n\nIt was\n");
    Deno.writeTextFileSync(`${folder}/whole.txt`, "Call me\nIshmael.\n");
    const files = ["--prompt-lines", `${folder}/lines.txt`, "--prompt-file", `${folder}/whole.txt`];
    const { texts } = await result(...files, "--prompt", "Sir,");
    const { out, err } = await kvpim([...SHORT, ...files, "--prompt", "Sir,"]);
    deepEqual(
      out,
      texts.map(({ text }, i) =>
        `${i === 0 ? "" : "\n"}==> prompt ${i + 1} <==\n${text}${text.endsWith("\n") ? "" : "\n"}`
      ).join(""),
    );
    const [sir, ishmael, whale] = texts.map(({ text }) => text);
    deepEqual(texts.map(({ prompt }) => prompt).slice(0, 2), ["Sir,", "Call me\nIshmael."]);
    equal(whale, await textOf());
    notEqual(sir, ishmael);
    match(err, /^tiny-llama, full: \d+ tokens read in [\d.]+ s; 96 written in [\d.]+ s \([\d.]+ /);
  }),
);

Deno.test(
  "what each prompt's steps attended to is recorded",
  inFolder(async (folder) => {
    const trace = ["--trace", `${folder}/a.trace`, "--trace-lists", "rows16"];
    const { texts } = await result(...trace, "--prompt", "The whale", "--prompt", "It");
    deepEqual(filesIn(folder), ["a-1.trace", "a-2.trace"]);
    for (const [i, { promptTokens, tokens }] of texts.entries()) {
      const path = `${folder}/a-${i + 1}.trace`;
      const table = await budgetTable(await readTraceFile(path));
      const contexts = tokens.slice(1).map((_, step) => promptTokens + step + 1);
      deepEqual(table, contexts.map((length) => 16 * Math.ceil(length / 16)));
      await using file = await readTraceFile(path);
      deepEqual(file.header.lists, ["rows16"]);
    }
    await result("--trace", `${folder}/one.trace`, "--prompt", "It");
    deepEqual(filesIn(folder), ["a-1.trace", "a-2.trace", "one.trace"]);
  }),
);

Deno.test(
  "how to draw and where to end is as the model's authors say, unless options do",
  inFolder(async (folder) => {
    const greedy = (await result("--prompt", "The whale")).texts[0]!;
    const end = greedy.tokens[5]!;
    const advice = { do_sample: true, temperature: 0.7, top_k: 9, eos_token_id: [0, end] };
    const model = ["--model", modelIn(folder, { "generation_config.json": advice })];
    const advised = await result(...model, "--prompt", "The whale");
    const sampling = { temperature: 0.7, topK: 9, topP: 1, minP: 0, typicalP: 1 };
    deepEqual(advised.sampling, sampling);
    const changed = await result(...model, "--prompt", "The whale", "--top-k", "0");
    deepEqual(changed.sampling, { ...sampling, topK: 0 });
    const forced = await result(...model, "--prompt", "The whale", "--greedy");
    equal(forced.sampling, null);
    const { text, tokens, endedBy } = forced.texts[0]!;
    deepEqual([tokens, endedBy], [
      greedy.tokens.slice(0, greedy.tokens.indexOf(end) + 1),
      "end-token",
    ]);
    // The token that ends a text is no part of it.
    equal(greedy.text.startsWith(text), true);
    equal(text.length < greedy.text.length, true);
  }),
);

Deno.test("tokens less likely than a part of the likeliest are not drawn where --min-p says so", async () => {
  const drawn = ["--temperature", "1.2", "--seed", "5"];
  equal(await textOf(...drawn, "--min-p", "1"), await textOf());
  equal(await textOf(...drawn, "--min-p", "0"), await textOf(...drawn));
  notEqual(await textOf(...drawn, "--min-p", "0.2"), await textOf(...drawn));
});

Deno.test(
  "what came before is penalised as the model's authors say, unless an option does",
  inFolder(async (folder) => {
    const prompt = ["--prompt", "The whale, the whale, the whale"];
    const advice = { repetition_penalty: 1.5 };
    const model = ["--model", modelIn(folder, { "generation_config.json": advice })];
    const penalized = await result(...prompt, "--repetition-penalty", "1.5");
    const advised = await result(...prompt, ...model, "--greedy");
    deepEqual([advised.texts, advised.repetitionPenalty], [penalized.texts, 1.5]);
    const plain = await result(...prompt);
    deepEqual((await result(...prompt, ...model, "--repetition-penalty", "1")).texts, plain.texts);
    notEqual(plain.texts[0]!.text, penalized.texts[0]!.text);
    // So hard a penalty leaves nothing twice.
    const { tokens } = (await result(...prompt, "--repetition-penalty", "1e6")).texts[0]!;
    equal(new Set(tokens).size, tokens.length);
  }),
);

Deno.test(
  "a line names settings of the model's authors that are not used",
  inFolder(async (folder) => {
    const advice = { do_sample: null, num_beams: 4, eta_cutoff: 0, no_repeat_ngram_size: 3 };
    const model = modelIn(folder, { "generation_config.json": advice });
    const { code, out, err } = await kvpim([...SHORT, "--prompt", "The whale", "--model", model]);
    equal(code, 0, err);
    equal(out, `${await textOf()}\n`);
    const [note, summary, end] = err.split("\n");
    match(
      note!,
      /^note: not used of .*'s generation_config\.json: num_beams 4, no_repeat_ngram_size 3$/,
    );
    match(summary!, /tokens read in/);
    equal(end, "");
  }),
);

Deno.test(
  "a chat puts the prompt into the model's template",
  inFolder(async (folder) => {
    const template = { chat_template: "Q: {{ messages[0].content }}\nA:" };
    const model = ["--model", modelIn(folder, { "tokenizer_config.json": template })];
    const chat = await result(...model, "--chat", "--prompt", "Why?");
    deepEqual(chat.texts, (await result("--prompt", "Q: Why?\nA:")).texts);
    const { code, err } = await kvpim([...SHORT, "--chat", "--prompt", "Why?"]);
    equal(code, 2);
    match(err, /tokenizer_config\.json: chat_template: Expected a template but found none\n$/);
  }),
);

Deno.test(
  "a text ends where the context is full",
  inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/a.txt`, " the".repeat(1020));
    const { out, err } = await kvpim([
      ...["generate", "--prompt-file", `${folder}/a.txt`, "--json"],
    ]);
    const { texts: [text] } = JSON.parse(out) as Result;
    deepEqual([text!.promptTokens, text!.tokens.length, text!.endedBy], [1020, 5, "context"]);
    match(
      err,
      /^tiny-llama, full: 1020 tokens read in [\d.]+ s; 5 written in [\d.]+ s \([\d.]+ tokens\/s\); a query head read [\d.]+ tokens a step, in .*; the context is full\n$/,
    );
  }),
);

Deno.test(
  "what cannot be continued is refused in one line",
  inFolder(async (folder) => {
    const refuses = async (args: string[], message: string | RegExp) => {
      const { code, out, err } = await kvpim(["generate", ...args]);
      deepEqual([code, out], [2, ""], err);
      if (typeof message === "string") equal(err, `kvpim: ${message}\n`);
      else match(err, message);
      equal(err.split("\n").length, 2, `one line: ${err}`);
    };
    const prompt = ["--prompt", "It"];
    const ranges = [
      ["--temperature", "-1", "a number from 0"],
      ["--top-p", "1.5", "a number above 0 and not above 1"],
      ["--top-p", "0", "a number above 0 and not above 1"],
      ["--min-p", "2", "a number from 0 to 1"],
      ["--repetition-penalty", "0", "a number above 0"],
      ["--top-k", "0.5", "a whole number from 0 to 16777216"],
      ["--max-new-tokens", "0", "a whole number from 1 to 16777216"],
    ] as const;
    for (const [option, value, expected] of ranges) {
      const message = `${option}: expected ${expected} but found "${value}"`;
      await refuses([...prompt, option, value], message);
    }
    await refuses([], "expected --prompt, --prompt-file or --prompt-lines but found none");
    await refuses(
      [...prompt, "--greedy", "--top-k", "2"],
      "option '--greedy' cannot be used with option '--top-k <count>'",
    );
    await refuses(
      [...prompt, "--greedy", "--min-p", "0"],
      "option '--greedy' cannot be used with option '--min-p <share>'",
    );
    await refuses(
      [...prompt, "--policy", "strac"],
      `strac: expected one of ${builtInPolicies().join(", ")}, or the path of a component, but ` +
        'found "strac"; did you mean starc?',
    );
    await refuses(
      [...prompt, "--policy", "full,starc"],
      "--policy: expected one policy but found 2 in full,starc",
    );
    await refuses(
      [...prompt, "--policy", "full", "--policy", "starc"],
      "--policy: expected one policy but found starc beside full",
    );
    await refuses(
      [...prompt, "--temperature", "0", "--top-k", "4"],
      "--top-k: expected a temperature above 0 beside it but found 0, which is --greedy",
    );
    await refuses(
      [...prompt, "--trace-lists", "tokens"],
      "--trace-lists: expected --trace beside it but found none",
    );
    await refuses(
      [...prompt, "--policy", "loki", "--calibration", folder],
      `--calibration: ${folder}: Expected a file but found a folder`,
    );
    await refuses(
      [...prompt, "--trace", `${folder}/no/a.trace`],
      `--trace: expected a file that can be written but found ${folder}/no/a.trace: no such file ` +
        "or folder",
    );
    await refuses(
      ["--prompt-file", `${folder}/none`],
      /--prompt-file: .*none: expected a file but found none$/m,
    );
    Deno.writeTextFileSync(`${folder}/own.txt`, "Call me");
    await refuses(
      ["--prompt-file", `${folder}/own.txt`, "--trace", `${folder}/./own.txt`],
      /--trace: expected another file than --prompt-file names but found .*own\.txt$/m,
    );
    await refuses(["--prompt-lines", folder], /: expected a file but found a folder$/m);
    Deno.writeFileSync(`${folder}/latin1.txt`, Uint8Array.of(0x63, 0x61, 0x66, 0xe9));
    for (const option of ["--prompt-file", "--prompt-lines"]) {
      await refuses(
        [option, `${folder}/latin1.txt`],
        new RegExp(
          `${option}: .*latin1\\.txt: expected text in UTF-8 but .* 0xe9 at offset 3$`,
          "m",
        ),
      );
    }
    Deno.writeTextFileSync(`${folder}/blank`, " \n\n");
    await refuses(
      ["--prompt-lines", `${folder}/blank`],
      `--prompt-lines: expected a line with a prompt in ${folder}/blank but found none`,
    );
    const room = "expected 1 to 1024 tokens, as tiny-llama holds no more, but found";
    await refuses(["--prompt", ""], `prompt 1 (--prompt): ${room} 0`);
    Deno.writeTextFileSync(`${folder}/long`, `a\n\n${" the".repeat(1100)}\n`);
    await refuses(
      ["--prompt-lines", `${folder}/long`, ...prompt],
      `prompt 3 (--prompt-lines ${folder}/long line 3): ${room} 1100`,
    );
  }),
);

Deno.test(
  "more prompts than are held at a time get the texts that each gets alone",
  inFolder(async (folder) => {
    const lines = Array.from({ length: 66 }, (_, i) => `The whale ${i % 3}`);
    Deno.writeTextFileSync(`${folder}/lines`, lines.join("\n"));
    const generate = async (...args: string[]) => {
      const { code, out, err } = await kvpim([
        "generate",
        "--max-new-tokens",
        "3",
        "--json",
        ...args,
      ]);
      equal(code, 0, err);
      return JSON.parse(out).texts.map(({ text }: { text: string }) => text);
    };
    const alone = await Promise.all(lines.slice(0, 3).map((line) => generate("--prompt", line)));
    const together = await generate("--prompt-lines", `${folder}/lines`);
    deepEqual(together, lines.map((_, i) => alone[i % 3]![0]));
  }),
);

Deno.test({
  name: "a trace is written though nobody reads the text any more",
  ignore: Deno.build.os === "windows",
  fn: inFolder(async (folder) => {
    const trace = `${folder}/a.trace`;
    const process = kvpimProcess([...SHORT, "--prompt", "The whale", "--trace", trace]).spawn();
    await process.stdout.cancel();
    const errors = await new Response(process.stderr).text();
    equal((await process.status).code, 0, errors);
    match(errors, /^tiny-llama, full: /);
    await using recorded = await readTraceFile(trace);
    equal(recorded.header.model.name, "tiny-llama");
  }),
});

Deno.test("a process prints nothing but the text, and one line beside it", async () => {
  const { code, stdout, stderr } = await kvpimProcess([...SHORT, "--prompt", "The whale"]).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  equal(code, 0, err);
  equal(out, `${await textOf()}\n`);
  match(
    err!,
    /^tiny-llama, full: \d+ tokens read in .*; 24 written in .* \([\d.]+ tokens\/s\); a query head read [\d.]+ tokens a step, in [\d.]+ rows16 as placed \([\d.]+ in text order\)\n$/,
  );
});
