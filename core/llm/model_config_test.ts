import { deepEqual, equal, throws } from "node:assert/strict";
import { readGenerationConfig } from "./generation_config.ts";
import { readModelConfig } from "./model_config.ts";
import { smallConfig, TemporaryDirectory } from "./testing/random_checkpoint.ts";

function read(fields: Record<string, unknown>) {
  using directory = new TemporaryDirectory();
  directory.write("config.json", { ...smallConfig, ...fields });
  return readModelConfig(directory.path);
}

function refuses(fields: Record<string, unknown>, message: RegExp) {
  throws(() => read(fields), { name: "CheckpointError", message });
}

Deno.test("Llama-3.1-8B's configuration is understood", () => {
  const config = read({
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    vocab_size: 128256,
    max_position_embeddings: 131072,
    rope_theta: 500000,
    rope_scaling: {
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
      rope_type: "llama3",
    },
    eos_token_id: [128001, 128008, 128009],
  });
  deepEqual([config.headDim, config.maximumPositions], [128, 131072]);
  deepEqual(config.rope, {
    type: "llama3",
    theta: 500000,
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalPositions: 8192,
  });
  deepEqual(config.endTokens, [128001, 128008, 128009]);
});

Deno.test("a scaled context is as long as the scaling makes it", () => {
  const context = (fields: Record<string, unknown>) =>
    read({ max_position_embeddings: 4096, ...fields }).maximumPositions;
  equal(context({}), 4096);
  equal(context({ rope_scaling: { type: "linear", factor: 8 } }), 32768);
  equal(context({ rope_scaling: { rope_type: "dynamic", factor: 2 } }), 8192);
  equal(context({ rope_condense_ratio: 8 }), 32768);
});

Deno.test("newer files name the rotary parameters otherwise", () => {
  const rope_parameters = { rope_type: "linear", factor: 2, rope_theta: 7 };
  deepEqual(read({ rope_theta: undefined, rope_parameters }).rope, {
    type: "linear",
    theta: 7,
    factor: 2,
  });
});

Deno.test("a sliding window bounds the context", () => {
  const mistral = { architectures: ["MistralForCausalLM"], max_position_embeddings: 4096 };
  equal(read({ ...mistral, sliding_window: 1024 }).maximumPositions, 1024);
  equal(read({ ...mistral, sliding_window: null }).maximumPositions, 4096);
  equal(
    read({ ...mistral, sliding_window: 1024, use_sliding_window: false }).maximumPositions,
    4096,
  );
});

Deno.test("what the architecture implies is added", () => {
  deepEqual(read({ architectures: ["Qwen2ForCausalLM"] }).bias, {
    qkv: true,
    output: false,
    feedForward: false,
  });
  equal(read({ architectures: ["Qwen3ForCausalLM"] }).headNorm, true);
  equal(read({ num_key_value_heads: undefined }).kvHeads, 4);
});

Deno.test("what is not supported is named with what is", () => {
  refuses(
    { architectures: ["MixtralForCausalLM"] },
    /config\.json: architectures: Expected one of LlamaForCausalLM, .* but found MixtralForCausalLM$/,
  );
  refuses(
    { rope_scaling: { rope_type: "yarn", factor: 2 } },
    /config\.json: rope_scaling\.rope_type: Expected one of default, .* but found yarn$/,
  );
  refuses(
    { rope_scaling: { type: "linear" } },
    /rope_scaling\.factor: Expected a number for linear but found none$/,
  );
  refuses({ hidden_act: "gelu" }, /hidden_act: Expected silu but found gelu$/);
  refuses({ partial_rotary_factor: 0.5 }, /partial_rotary_factor: .* but found 0\.5$/);
  refuses({ num_key_value_heads: 3 }, /num_key_value_heads: Expected a divisor of 4 .* found 3$/);
  refuses({ hidden_size: 40 }, /head_dim: Expected a multiple of 4 but found 10$/);
  refuses({ vocab_size: "many" }, /config\.json: vocab_size: Expected number but found "many"$/);
  refuses(
    { hidden_size: undefined },
    /config\.json: hidden_size: Expected .* but found undefined$/,
  );
});

Deno.test("a missing or broken config.json is named", () => {
  using directory = new TemporaryDirectory();
  throws(() => readModelConfig(directory.path), /config\.json: Expected a file but found none$/);
  directory.write("config.json", "{");
  throws(() => readModelConfig(directory.path), /config\.json: Expected JSON but found /);
});

Deno.test("generation settings fall back on config.json and the defaults", () => {
  using directory = new TemporaryDirectory();
  const model = read({ eos_token_id: 5 });
  deepEqual(readGenerationConfig(directory.path, model), {
    endTokens: [5],
    sample: false,
    temperature: 1,
    topK: 50,
    topP: 1,
  });
  const stated = { eos_token_id: [1, 2], do_sample: true, temperature: 0.6, top_p: 0.9, top_k: 0 };
  directory.write("generation_config.json", stated);
  deepEqual(readGenerationConfig(directory.path, model), {
    endTokens: [1, 2],
    sample: true,
    temperature: 0.6,
    topK: 0,
    topP: 0.9,
  });
  directory.write("generation_config.json", { top_p: 2 });
  throws(
    () => readGenerationConfig(directory.path, model),
    /generation_config\.json: top_p: Expected <=1 but found 2$/,
  );
});
