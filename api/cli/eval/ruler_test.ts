import { deepEqual, equal, match, ok } from "node:assert/strict";
import { tinyLlama } from "../../../core/llm/tiny_llama.ts";
import { filesIn, inFolder, kvpim } from "../testing.ts";

const RULER = ["eval", "ruler", "--policy", "full"];

async function refuses(args: readonly string[], message: RegExp) {
  const { code, err } = await kvpim([...RULER, ...args]);
  deepEqual([code, err.split("\n").length], [2, 2], err);
  match(err, message);
}

Deno.test(
  "more samples go on behind those that are finished, fewer do not",
  inFolder(async (folder) => {
    const args = ["--task", "niah_single_1", "--length", "600", "--output", folder];
    const run = async (samples: string) => {
      const { code, out, err } = await kvpim([...RULER, ...args, "--samples", samples, "--json"]);
      equal(code, 0, err);
      const name = "full/ruler_pred/tiny-llama/niah_single_1_600.progress";
      const progress = Deno.readTextFileSync(`${folder}/${name}`).trimEnd().split("\n");
      return { record: JSON.parse(out).results[0].record, progress };
    };
    const one = await run("1");
    const three = await run("3");
    deepEqual([one.record.samples, three.record.samples], [1, 3]);
    // Its seconds too: the first sample was not run again.
    deepEqual(three.progress.slice(0, 2), one.progress);
    ok(one.record.digests.samples !== three.record.digests.samples);
    const refused = (options: string[], found: string) =>
      refuses(
        [...args, ...options],
        new RegExp(
          `niah_single_1_600/validation.jsonl: expected the samples that .*full/.*_600.jsonl was ` +
            `made from, and any after them, but found ${found}; --output names another folder$`,
          "m",
        ),
      );
    await refused(["--samples", "2"], "samples 2 instead of 3");
    await refused(["--samples", "3", "--sample-seed", "7"], "seed 7 instead of 42");
  }),
);

Deno.test(
  "samples that results were made from are made once, and outlast what is refused",
  inFolder(async (folder) => {
    const args = ["--task", "niah_single_1", "--length", "600", "--output", folder];
    const data = `${folder}/data/niah_single_1_600`;
    const files = () =>
      ["validation.jsonl", "validation.json"].map((name) => ({
        text: Deno.readTextFileSync(`${data}/${name}`),
        written: Deno.statSync(`${data}/${name}`).mtime!.getTime(),
      }));
    const runs = async (options: string[]) => {
      const { code, err } = await kvpim([...RULER, ...args, ...options]);
      equal(code, 0, err);
    };
    await runs(["--samples", "2", "--limit", "1"]);
    for (const name of Deno.readDirSync(data)) Deno.utimeSync(`${data}/${name.name}`, 1, 1);
    const before = files();
    await runs(["--samples", "2"]);
    deepEqual(files(), before);

    // Another policy's results have them, too.
    const others = ["--samples", "2", "--sample-seed", "7", "--policy", "starc"];
    await refuses([...args, ...others], /but found seed 7 instead of 42; --output names/);
    deepEqual(files(), before);
    deepEqual(filesIn(folder), ["data", "full"]);
  }),
);

Deno.test(
  "a length the model does not hold is told with the option",
  inFolder(async (folder) => {
    const task = ["--task", "vt", "--samples", "1", "--output", folder];
    await refuses(
      [...task, "--length", "1500"],
      /--length: expected at most 1024 tokens, as tiny-llama holds no more, but found 1500$/m,
    );
    deepEqual(filesIn(folder), []);
    const given = ["--data", `${folder}/given`, "--length", "1500", "--task", "vt"];
    const read = [...given, "--output", `${folder}/out`];
    await refuses(read, /given\/vt\/validation\.jsonl: expected a file but found none$/m);
    equal((await kvpim([...RULER, ...task, "--length", "900"])).code, 0);
    const sample = JSON.parse(Deno.readTextFileSync(`${folder}/data/vt_900/validation.jsonl`));
    Deno.mkdirSync(`${folder}/given/vt`, { recursive: true });
    Deno.writeTextFileSync(
      `${folder}/given/vt/validation.jsonl`,
      JSON.stringify({ ...sample, input: sample.input.repeat(2) }),
    );
    await refuses(
      read,
      /vt\/validation\.jsonl line 1 \(vt_1500\/0\): expected a prompt of at most 995 tokens, .*; --data takes samples that were made for fewer tokens$/m,
    );
  }),
);

Deno.test(
  "results of samples that are read go by the length these were made for",
  inFolder(async (folder) => {
    const task = ["--task", "vt", "--length", "900"];
    const made = await kvpim([...RULER, ...task, "--samples", "1", "--output", `${folder}/made`]);
    equal(made.code, 0, made.err);
    Deno.mkdirSync(`${folder}/given`);
    Deno.renameSync(`${folder}/made/data/vt_900`, `${folder}/given/vt`);
    const output = ["--data", `${folder}/given`, "--output", `${folder}/out`];
    const { code, out, err } = await kvpim([...RULER, ...task, ...output]);
    equal(code, 0, err);
    match(out, /^tiny-llama: RULER at 900 tokens, /m);
    const results = filesIn(`${folder}/out/full/ruler_pred/tiny-llama`);
    deepEqual(results, ["vt_900.json", "vt_900.jsonl", "vt_900.progress"]);
  }),
);

Deno.test("what samples are generated from is refused where they are read", async () => {
  const options = ["samples 2", "sample-seed 7", "templates none", "words none", "essays none"];
  for (const option of [...options, "squad none", "hotpotqa none"]) {
    const [name, value] = option.split(" ");
    await refuses(
      ["--data", "none", `--${name}`, value!],
      new RegExp(`option '--${name} <\\w+>' cannot be used with option '--data <folder>'$`, "m"),
    );
  }
});

Deno.test(
  "word lists are read by their path, and a list that is too small is told with the option",
  inFolder(async (folder) => {
    const words = `${folder}/words`;
    Deno.mkdirSync(words);
    const write = (name: string, text: string) => Deno.writeTextFileSync(`${words}/${name}`, text);
    write("adjectivelist.txt", "quick\n");
    write("nounlist.txt", "whale\n");
    write("verblist.txt", "run\n");
    write("english_words.json", '{"0": "zeta", "1": "eta"}');
    const generated = ["--task", "niah_single_1", "--length", "600", "--samples", "1"];
    const { code, err } = await kvpim([
      ...RULER,
      ...[...generated, "--words", words, "--output", folder],
    ]);
    equal(code, 0, err);
    const samples = Deno.readTextFileSync(`${folder}/data/niah_single_1_600/validation.jsonl`);
    match(samples, /for quick-whale in the text above/);

    const essays = `${folder}/essays.txt`;
    Deno.writeTextFileSync(essays, "It was early. All was quiet. ".repeat(9));
    const several = ["--task", "niah_multiquery", "--essays", essays, "--output", folder];
    await refuses(
      [...several, "--words", words],
      /niah_multiquery: expected at least 4 different pairs of .* but found 1; --words names a/,
    );

    const model = `${folder}/long`;
    Deno.mkdirSync(model);
    for (const { name } of Deno.readDirSync(tinyLlama)) {
      Deno.copyFileSync(`${tinyLlama}/${name}`, `${model}/${name}`);
    }
    const config = JSON.parse(Deno.readTextFileSync(`${model}/config.json`));
    const holding = { ...config, max_position_embeddings: 131072 };
    Deno.writeTextFileSync(`${model}/config.json`, JSON.stringify(holding));
    const common = [
      ...["--model", model, "--task", "cwe", "--length", "131072", "--samples", "1"],
      ...["--output", folder],
    ];
    await refuses(
      [...common, "--words", `${words}/english_words.json`],
      /cwe sample 0: expected more than \d+ different words to fill 131072 tokens; --words names a larger list$/m,
    );
    await refuses([...common, "--words", `${folder}/no.txt`], /no\.txt: expected a file but found/);
  }),
);
