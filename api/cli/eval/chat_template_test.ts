import { deepEqual, equal, match } from "node:assert/strict";
import { tinyLlama } from "../../../core/llm/tiny_llama.ts";
import { inFolder, kvpim } from "../testing.ts";

const FILES = ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json"];

/** The tiny model with a chat template of its own. */
function writeModel(folder: string, template: string): string {
  const model = `${folder}/model`;
  Deno.mkdirSync(model);
  for (const name of FILES) Deno.symlinkSync(`${tinyLlama}/${name}`, `${model}/${name}`);
  const settings = JSON.parse(Deno.readTextFileSync(`${tinyLlama}/tokenizer_config.json`));
  const text = JSON.stringify({ ...settings, chat_template: template });
  Deno.writeTextFileSync(`${model}/tokenizer_config.json`, text);
  return model;
}

/** Runs RULER with prompts in the chat template; what it says must be one line. */
async function chat(folder: string, model: string): Promise<string> {
  const { code, err } = await kvpim([
    ...["eval", "ruler", "--chat", "--task", "vt", "--samples", "1", "--policy", "full"],
    ...["--model", model, "--output", `${folder}/out`],
  ]);
  deepEqual([code, err.split("\n").length], [2, 2], err);
  return err;
}

Deno.test(
  "a chat template that is none matters only to what uses it, and is named there",
  inFolder(async (folder) => {
    const model = writeModel(folder, "{% if %}");
    const { code, err } = await kvpim([
      ...["eval", "ppl", "--start", "8", "--tokens", "2", "--policy", "full"],
      ...["--model", model, "--output", `${folder}/ppl`],
    ]);
    equal(code, 0, err);
    match(await chat(folder, model), /tokenizer_config\.json: chat_template: Expected a template/);
  }),
);

Deno.test(
  "RULER's own samples are put into the chat template as they are read",
  inFolder(async (folder) => {
    const model = writeModel(folder, "<user>{{ messages[0].content }}</user>");
    const data = `${folder}/data`;
    Deno.mkdirSync(`${data}/vt`, { recursive: true });
    const sample = { index: 0, input: "Which?", answer_prefix: " It is", outputs: ["A"] };
    Deno.writeTextFileSync(`${data}/vt/validation.jsonl`, `${JSON.stringify(sample)}\n`);
    const promptTokens = async (options: string[]) => {
      const { code, out, err } = await kvpim([
        ...["eval", "ruler", "--data", data, "--length", "900", "--task", "vt", "--json"],
        ...["--model", model, "--policy", "full", "--output", `${folder}/out${options.length}`],
        ...options,
      ]);
      equal(code, 0, err);
      return JSON.parse(out).results[0].record.cost.promptTokens;
    };
    equal(await promptTokens(["--chat"]) > await promptTokens([]), true);
  }),
);

Deno.test(
  "what a chat template objects to is told in one line",
  inFolder(async (folder) => {
    const model = writeModel(folder, "{{ raise_exception('Begin with\nthe system') }}");
    match(await chat(folder, model), /chat_template: Expected .* but found .*Begin with/);
  }),
);
