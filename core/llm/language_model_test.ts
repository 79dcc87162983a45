import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import type { ElementType } from "./element_type.ts";
import { LanguageModel } from "./language_model.ts";
import { readModelConfig } from "./model_config.ts";
import type { WeightFormat } from "./onnx/linear.ts";
import { ReferenceModel } from "./reference.ts";
import { modelTensors } from "./tensor_names.ts";
import { prefillLogits, stepLogits, TOKENS, withModel, worst } from "./testing/decoding.ts";
import { encodeSafetensors } from "./testing/encode_safetensors.ts";
import { encodeTorch } from "./testing/encode_torch.ts";
import {
  randomCheckpoint,
  randomTensors,
  smallConfig,
  TemporaryDirectory,
} from "./testing/random_checkpoint.ts";
import { tinyLlama } from "./tiny_llama.ts";
import { openWeights } from "./weights.ts";

/** Every family and every rotary variant. */
const MODELS: Readonly<Record<string, readonly [Record<string, unknown>, ElementType]>> = {
  "Llama 2": [{ num_key_value_heads: 4 }, "F16"],
  "Llama 3.1 with llama3 scaling": [{
    max_position_embeddings: 512,
    rope_theta: 500,
    rope_scaling: {
      rope_type: "llama3",
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 64,
    },
  }, "BF16"],
  "Llama with linear scaling": [{ rope_scaling: { type: "linear", factor: 4 } }, "F32"],
  "Llama with linear scaling under rope_parameters": [{
    rope_theta: undefined,
    rope_parameters: { rope_type: "linear", factor: 4, rope_theta: 10_000 },
  }, "F32"],
  "Llama with dynamic scaling": [{
    max_position_embeddings: 16,
    rope_scaling: { type: "dynamic", factor: 4 },
  }, "F32"],
  "Llama with YaRN": [{
    max_position_embeddings: 16,
    rope_theta: 100,
    rope_scaling: { rope_type: "yarn", factor: 4, beta_fast: 2 },
  }, "F32"],
  "LongChat with condensed positions": [{
    max_position_embeddings: 16,
    rope_condense_ratio: 8,
    num_key_value_heads: 4,
  }, "F16"],
  "Llama with biases everywhere": [{ attention_bias: true, mlp_bias: true }, "F32"],
  "Llama with one KV head": [{ num_key_value_heads: 1 }, "F32"],
  "Mistral": [{ architectures: ["MistralForCausalLM"], sliding_window: null }, "BF16"],
  "Mistral with a window": [{
    architectures: ["MistralForCausalLM"],
    sliding_window: 7,
  }, "BF16"],
  "Qwen2 with a window in its second layer": [{
    architectures: ["Qwen2ForCausalLM"],
    use_sliding_window: true,
    sliding_window: 5,
    max_window_layers: 1,
  }, "F32"],
  "Qwen2": [{ architectures: ["Qwen2ForCausalLM"], tie_word_embeddings: true }, "BF16"],
  "Qwen3": [{ architectures: ["Qwen3ForCausalLM"], head_dim: 16 }, "F32"],
  "Qwen3 with tied embeddings": [{
    architectures: ["Qwen3ForCausalLM"],
    head_dim: 16,
    tie_word_embeddings: true,
  }, "BF16"],
};

Deno.test("logits are those of the model's definition", async (t) => {
  for (const [name, [fields, type]] of Object.entries(MODELS)) {
    await t.step(
      name,
      () =>
        withModel(randomCheckpoint(fields, { type }), async (model, reference) => {
          const expected = reference().forward(TOKENS);
          ok(worst(await prefillLogits(model, TOKENS), expected) < 1e-5);
        }),
    );
  }
});

/** Logits of a checkpoint's model. */
async function logitsOf(directory: TemporaryDirectory): Promise<Float32Array[]> {
  const model = await LanguageModel.open(directory.path);
  const logits = await prefillLogits(model, TOKENS);
  await model.close();
  return logits;
}

Deno.test("what a newer config.json says otherwise gives the same logits", async () => {
  const [older, newer] = ["", " under rope_parameters"].map((how) =>
    MODELS[`Llama with linear scaling${how}`]![0]
  );
  using before = randomCheckpoint(older);
  using after = randomCheckpoint(newer);
  using unscaled = randomCheckpoint();
  const expected = await logitsOf(before);
  deepEqual(await logitsOf(after), expected);
  ok(worst(await logitsOf(unscaled), expected) > 0.01);
});

Deno.test("a tied head is the embedding", async () => {
  const [fields] = MODELS["Qwen3 with tied embeddings"]!;
  using tied = randomCheckpoint(fields);
  using untied = new TemporaryDirectory();
  const config = readModelConfig(tied.path);
  const tensors = randomTensors(config, 1, "F32");
  tensors.set(modelTensors.head, tensors.get(modelTensors.embedding)!);
  untied.write("config.json", { ...smallConfig, ...fields, tie_word_embeddings: false });
  untied.write("model.safetensors", encodeSafetensors(tensors));
  deepEqual(await logitsOf(untied), await logitsOf(tied));
});

Deno.test("shards as torch.save writes them give the logits of the same weights in one file", async () => {
  using single = randomCheckpoint({}, { type: "BF16" });
  using sharded = new TemporaryDirectory();
  const tensors = [...randomTensors(readModelConfig(single.path), 1, "BF16")];
  const weight_map: Record<string, string> = {};
  for (const shard of [0, 1, 2]) {
    const name = `pytorch_model-0000${shard + 1}-of-00003.bin`;
    const own = tensors.filter((_, i) => i % 3 === shard);
    sharded.write(name, encodeTorch(new Map(own)));
    for (const [tensor] of own) weight_map[tensor] = name;
  }
  sharded.write("config.json", smallConfig);
  sharded.write("pytorch_model.bin.index.json", { metadata: {}, weight_map });
  deepEqual(await logitsOf(sharded), await logitsOf(single));
});

Deno.test("a prompt equals as many steps", async (t) => {
  for (const [name, [fields, type]] of Object.entries(MODELS)) {
    await t.step(name, () =>
      withModel(randomCheckpoint(fields, { type }), async (model) => {
        // Beyond the first context, dynamic scaling turns each step by another base.
        const tokens = name.includes("dynamic") ? TOKENS.slice(0, 16) : TOKENS;
        const [prompt, steps] = [
          await prefillLogits(model, tokens),
          await stepLogits(model, tokens),
        ];
        ok(worst(steps, prompt) < 1e-5);
      }));
  }
});

Deno.test("a window is kept however the prompt is cut", () =>
  withModel(
    randomCheckpoint(MODELS["Mistral with a window"]![0]),
    async (model, reference) => {
      const expected = reference().forward(TOKENS);
      const sequence = await model.sequence();
      const found: Float32Array[] = [];
      for (let at = 0; at < TOKENS.length; at += 9) {
        await sequence.prefill(TOKENS.slice(at, at + 9), {
          onLogits: (_, logits) => found.push(logits.slice()),
        });
      }
      ok(worst(found, expected) < 1e-5);
    },
  ));

Deno.test("dynamic scaling turns a prompt and each step by the length they lead to", () =>
  withModel(
    randomCheckpoint(MODELS["Llama with dynamic scaling"]![0]),
    async (model, reference) => {
      const definition = reference();
      const expected = [
        ...definition.forward(TOKENS.slice(0, 30)).slice(-1),
        ...TOKENS.slice(30).map((token) => definition.forward([token])[0]!),
      ];
      const sequence = await model.sequence();
      const found = [await sequence.prefill(TOKENS.slice(0, 30))];
      for (const token of TOKENS.slice(30)) found.push(await sequence.step(token));
      ok(worst(found, expected) < 1e-5);
    },
  ));

/** The held-out text of the tiny model and the losses its training left it with. */
const HELD_OUT: { readonly tokens: number[]; readonly nll_float32: number[] } = JSON.parse(
  Deno.readTextFileSync(join(tinyLlama, "heldout_nll.json")),
);

/** Losses of the tiny model on the held-out text. */
async function heldOutLosses(format: WeightFormat): Promise<number[]> {
  const model = await LanguageModel.open(tinyLlama, { format });
  const sequence = await model.sequence();
  const losses: number[] = [];
  await sequence.prefill(HELD_OUT.tokens.slice(0, 1024), {
    onLogits: (at, logits) => losses.push(lossOf(logits, HELD_OUT.tokens[at + 1]!)),
  });
  await model.close();
  return losses;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

Deno.test("the tiny model has the losses its training left it with", async () => {
  const losses = await heldOutLosses("fp32");
  equal(losses.length, 1024);
  const errors = losses.map((loss, at) => Math.abs(loss - HELD_OUT.nll_float32[at]!));
  ok(Math.max(...errors) < 1e-4);
});

for (const [format, tolerance] of [["int8", 0.002], ["int4", 0.05]] as const) {
  Deno.test(`rounding the tiny model to ${format} costs less than ${tolerance} nats`, async () => {
    const losses = await heldOutLosses(format);
    ok(Math.abs(mean(losses) - mean(HELD_OUT.nll_float32)) < tolerance);
  });
}

Deno.test("the tiny model's logits are those of the definition", async () => {
  using weights = openWeights(tinyLlama);
  const text = HELD_OUT.tokens.slice(0, 48);
  const model = await LanguageModel.open(tinyLlama);
  const expected = new ReferenceModel(model.config, weights).forward(text);
  ok(worst(await prefillLogits(model, text), expected) < 1e-5);
  ok(worst(await stepLogits(model, text), expected) < 1e-5);
  await model.close();
});

function lossOf(logits: Float32Array, token: number): number {
  const top = logits.reduce((a, b) => Math.max(a, b));
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
  return Math.log(total) + top - logits[token]!;
}

Deno.test("weights that do not fit config.json are named", async () => {
  using directory = randomCheckpoint();
  const config = JSON.parse(Deno.readTextFileSync(join(directory.path, "config.json")));
  directory.write("config.json", { ...config, intermediate_size: 64 });
  await rejects(LanguageModel.open(directory.path), (error: Error) => {
    match(
      error.message,
      /model\.safetensors: tensor model\.layers\.0\.mlp\.gate_proj\.weight: Expected shape \[64, 32\] but found \[48, 32\]$/,
    );
    return true;
  });
});

Deno.test("weights that lead to no numbers are named with how far a text came, and end its sequence", async () => {
  using directory = randomCheckpoint();
  const config = readModelConfig(directory.path);
  const tensors = randomTensors(config, 1, "F32");
  const embedding = tensors.get(modelTensors.embedding)!;
  embedding.values[7 * config.hidden] = NaN;
  directory.write("model.safetensors", encodeSafetensors(tensors));
  const model = await LanguageModel.open(directory.path);
  const damaged = (token: number) => ({
    name: "CheckpointError",
    message: `${join(directory.path, "model.safetensors")}: logits after token ${token}: ` +
      "Expected finite numbers but found NaN: weights or config.json are damaged",
  });
  const [one, other] = [await model.sequence(), await model.sequence()];
  await one.prefill([1, 2, 3]);
  await other.prefill([4]);
  await rejects(model.step([one, other], [5, 7]), damaged(2));
  await rejects(one.step(5), /Expected a sequence at work but found one that failed$/);
  await rejects((await model.sequence()).prefill([1, 7, 3]), damaged(3));
  const seen: number[] = [];
  const onLogits = (position: number) => seen.push(position);
  // In a pass of several, what a mask hides spreads as well: no times NaN is NaN.
  await rejects((await model.sequence()).prefill([1, 2, 7, 3], { onLogits }), damaged(1));
  deepEqual(seen, []);
  await model.close();
});
