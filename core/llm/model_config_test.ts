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

Deno.test("a sliding window is in the layers that transformers puts it in", () => {
  const windows = (fields: Record<string, unknown>) =>
    read({ num_hidden_layers: 3, sliding_window: 9, ...fields }).windows;
  const all = Infinity;
  const mistral = { architectures: ["MistralForCausalLM"], max_position_embeddings: 4096 };
  deepEqual(windows(mistral), [9, 9, 9]);
  equal(read({ ...mistral, sliding_window: 9 }).maximumPositions, 4096);
  deepEqual(windows({ ...mistral, sliding_window: undefined }), [4096, 4096, 4096]);
  deepEqual(windows({ ...mistral, sliding_window: null }), [all, all, all]);
  deepEqual(windows({ ...mistral, use_sliding_window: false }), [all, all, all]);
  deepEqual(windows({}), [all, all, all]);
  for (const architectures of [["Qwen2ForCausalLM"], ["Qwen3ForCausalLM"]]) {
    const qwen = { architectures, use_sliding_window: true };
    deepEqual(windows({ architectures }), [all, all, all]);
    deepEqual(windows(qwen), [all, all, all]);
    deepEqual(windows({ ...qwen, max_window_layers: 1 }), [all, 9, 9]);
    const layer_types = ["sliding_attention", "full_attention", "sliding_attention"];
    deepEqual(windows({ ...qwen, max_window_layers: 1, layer_types }), [9, all, 9]);
    deepEqual(windows({ architectures, layer_types }), [all, all, all]);
  }
});

Deno.test("YaRN's parameters are the paper's where they are not stated", () => {
  const yarn = (scaling: Record<string, unknown>) =>
    read({ max_position_embeddings: 32768, rope_scaling: { rope_type: "yarn", ...scaling } });
  const { rope, maximumPositions } = yarn({ factor: 4 });
  deepEqual(rope, {
    type: "yarn",
    theta: 10_000,
    factor: 4,
    fastTurns: 32,
    slowTurns: 1,
    wholePairs: true,
    magnitude: 0.1 * Math.log(4) + 1,
    originalPositions: 32768,
  });
  equal(maximumPositions, 131072);
  // Qwen's files state the original context, others the one it became.
  const stated = { factor: 4, original_max_position_embeddings: 32768 };
  equal(yarn(stated).maximumPositions, 131072);
  const longer = { max_position_embeddings: 131072, rope_scaling: { type: "yarn", ...stated } };
  equal(read(longer).maximumPositions, 131072);
  const unstated = { type: "yarn", original_max_position_embeddings: 32768 };
  deepEqual(read({ ...longer, rope_scaling: unstated }).rope, rope);
  const magnitude = (scaling: Record<string, unknown>) => {
    const { rope } = yarn({ factor: 40, ...scaling });
    return rope.type === "yarn" ? rope.magnitude : 0;
  };
  equal(magnitude({ attention_factor: 1.25 }), 1.25);
  equal(magnitude({ mscale: 1, mscale_all_dim: 1 }), 1);
  equal(magnitude({ mscale: 2, mscale_all_dim: 1 }), (0.2 * Math.log(40) + 1) / magnitude({}));
  equal(magnitude({ factor: 0.5 }), 1);
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
    { rope_scaling: { rope_type: "longrope", factor: 2 } },
    /config\.json: rope_scaling\.rope_type: Expected one of default, .* but found longrope$/,
  );
  refuses(
    { rope_scaling: { type: "linear" } },
    /rope_scaling\.factor: Expected a number for linear but found none$/,
  );
  refuses(
    { rope_scaling: { type: "yarn" } },
    /rope_scaling\.factor: Expected a number for yarn but found none$/,
  );
  refuses(
    { layer_types: ["full_attention"] },
    /layer_types: Expected 2, one a layer \(num_hidden_layers\) but found 1$/,
  );
  refuses(
    { layer_types: ["chunked_attention"] },
    /layer_types\.0: Expected .*"chunked_attention"$/,
  );
  refuses({ hidden_act: "gelu" }, /hidden_act: Expected silu but found gelu$/);
  refuses({ partial_rotary_factor: 0.5 }, /partial_rotary_factor: .* but found 0\.5$/);
  refuses({ num_key_value_heads: 3 }, /num_key_value_heads: Expected a divisor of 4 .* found 3$/);
  refuses({ hidden_size: 40 }, /head_dim: Expected a multiple of 4 but found 10$/);
  refuses({ vocab_size: "many" }, /config\.json: vocab_size: Expected a number but found "many"$/);
  refuses(
    { hidden_size: undefined },
    /config\.json: hidden_size: Expected a value but found none$/,
  );
});

Deno.test("sizes beyond any model's are refused before anything is made of them", () => {
  refuses(
    { num_hidden_layers: 1e9 },
    /num_hidden_layers: Expected at most 10000 but found 1000000000$/,
  );
  refuses(
    { num_hidden_layers: 2 ** 53 },
    /num_hidden_layers: Expected a whole number but found 9007/,
  );
  const sizes = ["hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads"];
  for (const field of [...sizes, "head_dim", "vocab_size"]) {
    refuses({ [field]: 2 ** 31 }, new RegExp(`${field}: Expected at most 2147483647 but found`));
  }
  refuses({ rms_norm_eps: -0 }, /rms_norm_eps: Expected over 0 but found 0$/);
});

Deno.test("a context that is empty or that no position can count is refused", () => {
  const context = (positions: number, factor: number) => ({
    max_position_embeddings: positions,
    rope_scaling: { type: "linear", factor },
  });
  equal(read(context(2 ** 31 - 1, 1)).maximumPositions, 2 ** 31 - 1);
  const message =
    /max_position_embeddings: Expected a context, scaled, of 1 to \d+ tokens but found /;
  refuses(context(1e18, 1), message);
  refuses(context(4096, 1e300), message);
  refuses(context(4096, 1e-9), message);
  refuses(
    { max_position_embeddings: 1024.5 },
    /max_position_embeddings: Expected a whole number but found 1024\.5$/,
  );
});

Deno.test("rotary parameters that make no frequencies are refused", () => {
  refuses({ rope_scaling: [1] }, /rope_scaling: Expected an object but found a list$/);
  const llama3 = { rope_type: "llama3", factor: 8, original_max_position_embeddings: 64 };
  for (const [low, high] of [[1, 1], [4, 1]] as const) {
    const rope_scaling = { ...llama3, low_freq_factor: low, high_freq_factor: high };
    refuses(
      { rope_scaling },
      new RegExp(`rope_scaling\\.high_freq_factor: Expected over ${low}, the low_freq_factor`),
    );
  }
  const yarn = { rope_type: "yarn", factor: 4 };
  refuses(
    { rope_theta: 1, rope_scaling: yarn },
    /rope_theta: Expected over 1 for yarn but found 1$/,
  );
  refuses(
    { rope_parameters: { ...yarn, rope_theta: 0.5 } },
    /rope_parameters\.rope_theta: Expected over 1 for yarn but found 0\.5$/,
  );
});

Deno.test("ids that end a text are whole and of the model's vocabulary", () => {
  using directory = new TemporaryDirectory();
  const model = read({ eos_token_id: [0, 63], pad_token_id: -1 });
  deepEqual(model.endTokens, [0, 63]);
  deepEqual(read({ eos_token_id: [] }).endTokens, []);
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [-1, /eos_token_id: Expected at least 0 but found -1$/],
    [[5, 0.5], /eos_token_id\.1: Expected a whole number but found 0\.5$/],
    [64, /eos_token_id: Expected ids below 64 \(vocab_size of config\.json\) but found 64$/],
    [[3, 99], /eos_token_id: Expected ids below 64 .* but found 99$/],
  ];
  for (const [eos_token_id, message] of wrong) {
    refuses({ eos_token_id }, message);
    directory.write("generation_config.json", { eos_token_id });
    throws(() => readGenerationConfig(directory.path, model), {
      name: "CheckpointError",
      message: new RegExp(`generation_config\\.json: ${message.source}`),
    });
  }
});

Deno.test("a missing or broken config.json is named", () => {
  using directory = new TemporaryDirectory();
  throws(() => readModelConfig(directory.path), /config\.json: Expected a file but found none$/);
  directory.write("config.json", "{");
  throws(() => readModelConfig(directory.path), /config\.json: Expected JSON but found /);
  directory.write("file", "");
  throws(
    () => readModelConfig(`${directory.path}/file`),
    /file: Expected the folder of a checkpoint but found a file$/,
  );
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
    minP: 0,
    typicalP: 1,
    repetitionPenalty: 1,
    notUsed: [],
  });
  const stated = {
    eos_token_id: [1, 2],
    do_sample: true,
    temperature: 0.6,
    top_p: 0.9,
    top_k: 0,
    min_p: 0.05,
    typical_p: 0.95,
    repetition_penalty: 1.05,
  };
  directory.write("generation_config.json", stated);
  deepEqual(readGenerationConfig(directory.path, model), {
    endTokens: [1, 2],
    sample: true,
    temperature: 0.6,
    topK: 0,
    topP: 0.9,
    minP: 0.05,
    typicalP: 0.95,
    repetitionPenalty: 1.05,
    notUsed: [],
  });
  directory.write("generation_config.json", { top_p: 2 });
  throws(
    () => readGenerationConfig(directory.path, model),
    /generation_config\.json: top_p: Expected at most 1 but found 2$/,
  );
});

Deno.test("a generation setting of null is as one that is not stated", () => {
  using directory = new TemporaryDirectory();
  const model = read({ eos_token_id: 5 });
  const absent = readGenerationConfig(directory.path, model);
  const names = ["do_sample", "temperature", "top_k", "top_p", "min_p", "typical_p"];
  const others = ["eos_token_id", "repetition_penalty", "num_beams", "suppress_tokens"];
  const nulls = Object.fromEntries([...names, ...others].map((name) => [name, null]));
  directory.write("generation_config.json", nulls);
  deepEqual(readGenerationConfig(directory.path, model), absent);
});

Deno.test("generation settings that are not used are named where they would do something", () => {
  using directory = new TemporaryDirectory();
  const model = read({});
  directory.write("generation_config.json", {
    num_beams: 4,
    no_repeat_ngram_size: 3,
    epsilon_cutoff: 0,
    suppress_tokens: [],
    bad_words_ids: [[7]],
    max_length: 4096,
    transformers_version: "4.50.0",
  });
  deepEqual(
    readGenerationConfig(directory.path, model).notUsed,
    ["num_beams 4", "no_repeat_ngram_size 3", "bad_words_ids [[7]]"],
  );
});
