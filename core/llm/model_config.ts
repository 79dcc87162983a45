import { join } from "node:path";
import * as v from "valibot";
import { CheckpointError } from "./checkpoint_error.ts";
import { EndTokens, endTokensOf } from "./end_tokens.ts";
import { readJson } from "./read_json.ts";
import { resolveRope, type RopeConfig, RopeFields } from "./rope_config.ts";

/** What a model's forward pass follows from. */
export interface ModelConfig {
  /** Name of the architecture in config.json, e.g. `"LlamaForCausalLM"`. */
  readonly architecture: Architecture;
  readonly layers: number;
  /** Width of the residual stream. */
  readonly hidden: number;
  /** Width of the feed-forward block, whose activation is SwiGLU. */
  readonly feedForward: number;
  /** Query heads; a multiple of `kvHeads`. */
  readonly queryHeads: number;
  /** Heads of the KV cache. */
  readonly kvHeads: number;
  /** Elements of one head; even. */
  readonly headDim: number;
  /** Rows of the embedding, and logits. */
  readonly vocabulary: number;
  /** Most tokens of a sequence, prompt and generated. */
  readonly maximumPositions: number;
  /** Of each layer, how many tokens a token sees, itself and those before; Infinity for all. */
  readonly windows: readonly number[];
  readonly normEpsilon: number;
  readonly rope: RopeConfig;
  /** Whether the head's matrix is the embedding. */
  readonly tiedEmbedding: boolean;
  /** Which projections have a bias. */
  readonly bias: { readonly qkv: boolean; readonly output: boolean; readonly feedForward: boolean };
  /** Whether queries and keys are normalised head by head before they are rotated (Qwen3). */
  readonly headNorm: boolean;
  /** Ids that end a text, as far as config.json states them. */
  readonly endTokens: readonly number[];
}

/** Where architectures differ beyond what config.json says. */
const ARCHITECTURES = {
  LlamaForCausalLM: { qkvBias: false, headNorm: false, window: "never" },
  MistralForCausalLM: { qkvBias: false, headNorm: false, window: "all layers" },
  Qwen2ForCausalLM: { qkvBias: true, headNorm: false, window: "upper layers" },
  Qwen3ForCausalLM: { qkvBias: false, headNorm: true, window: "upper layers" },
} as const;

/** An architecture that can be run. */
export type Architecture = keyof typeof ARCHITECTURES;

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
/** Sizes of tensors are 32-bit numbers to those that work with them. */
const size = v.pipe(whole, v.maxValue(2 ** 31 - 1));
/** Positions are too. */
const POSITIONS_AT_MOST = 2 ** 31 - 1;
/** Far beyond any model's, and few enough to list them before their weights are looked for. */
const layers = v.pipe(whole, v.maxValue(10_000));

const Config = v.object({
  architectures: v.pipe(v.array(v.string()), v.minLength(1)),
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: layers,
  num_attention_heads: size,
  num_key_value_heads: v.nullish(size),
  head_dim: v.nullish(size),
  vocab_size: size,
  rms_norm_eps: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), 1e-6),
  hidden_act: v.optional(v.string(), "silu"),
  tie_word_embeddings: v.optional(v.boolean(), false),
  attention_bias: v.optional(v.boolean(), false),
  mlp_bias: v.optional(v.boolean(), false),
  sliding_window: v.optional(v.nullable(whole), 4096),
  use_sliding_window: v.optional(v.boolean()),
  max_window_layers: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 28),
  layer_types: v.nullish(v.array(v.picklist(["full_attention", "sliding_attention"]))),
  eos_token_id: EndTokens,
  ...RopeFields,
});

/**
 * Reads config.json of a checkpoint directory.
 *
 * @throws {CheckpointError} when a field is missing, wrong or asks for what is not supported
 */
export function readModelConfig(directory: string): ModelConfig {
  const file = join(directory, "config.json");
  const raw = readJson(file, Config);
  const architecture = supportedArchitecture(file, raw.architectures);
  const { qkvBias, headNorm } = ARCHITECTURES[architecture];
  if (raw.hidden_act !== "silu") {
    throw new CheckpointError(file, "hidden_act", "silu", raw.hidden_act);
  }
  const { rope, maximumPositions } = resolveRope(file, raw);
  return {
    architecture,
    layers: raw.num_hidden_layers,
    hidden: raw.hidden_size,
    feedForward: raw.intermediate_size,
    ...headShape(file, raw),
    vocabulary: raw.vocab_size,
    maximumPositions: contextOf(file, maximumPositions),
    windows: windowsOf(file, architecture, raw),
    normEpsilon: raw.rms_norm_eps,
    rope,
    tiedEmbedding: raw.tie_word_embeddings,
    bias: {
      qkv: qkvBias || raw.attention_bias,
      output: raw.attention_bias,
      feedForward: raw.mlp_bias,
    },
    headNorm,
    endTokens: endTokensOf(file, raw.eos_token_id, raw.vocab_size) ?? [],
  };
}

/** Whole tokens of a context, which may be scaled. */
function contextOf(file: string, positions: number): number {
  const tokens = Math.floor(positions);
  if (tokens >= 1 && tokens <= POSITIONS_AT_MOST) return tokens;
  const expected = `a context, scaled, of 1 to ${POSITIONS_AT_MOST} tokens`;
  throw new CheckpointError(file, "max_position_embeddings", expected, String(positions));
}

function supportedArchitecture(file: string, names: readonly string[]): Architecture {
  for (const name of names) {
    if (Object.hasOwn(ARCHITECTURES, name)) return name as Architecture;
  }
  const expected = `one of ${Object.keys(ARCHITECTURES).join(", ")}`;
  throw new CheckpointError(file, "architectures", expected, names.join(", "));
}

/**
 * Which layers have the sliding window. Where config.json is silent it is as in `transformers`:
 * Mistral's in all layers, Qwen's in none, and if it is asked for, from `max_window_layers` on.
 */
function windowsOf(
  file: string,
  architecture: Architecture,
  raw: v.InferOutput<typeof Config>,
): number[] {
  const { num_hidden_layers: layers, sliding_window, layer_types, max_window_layers } = raw;
  const { window } = ARCHITECTURES[architecture];
  if (layer_types && layer_types.length !== layers) {
    const expected = `${layers}, one a layer (num_hidden_layers)`;
    throw new CheckpointError(file, "layer_types", expected, String(layer_types.length));
  }
  const used = window !== "never" && (raw.use_sliding_window ?? window === "all layers");
  return Array.from({ length: layers }, (_, layer) => {
    const slides = layer_types
      ? layer_types[layer] === "sliding_attention"
      : window === "all layers" || layer >= max_window_layers;
    return used && slides ? sliding_window ?? Infinity : Infinity;
  });
}

function headShape(file: string, raw: v.InferOutput<typeof Config>) {
  const queryHeads = raw.num_attention_heads;
  const kvHeads = raw.num_key_value_heads ?? queryHeads;
  const headDim = raw.head_dim ?? raw.hidden_size / queryHeads;
  if (queryHeads % kvHeads !== 0) {
    const expected = `a divisor of ${queryHeads} query heads`;
    throw new CheckpointError(file, "num_key_value_heads", expected, String(kvHeads));
  }
  if (headDim % 4 !== 0) {
    throw new CheckpointError(file, "head_dim", "a multiple of 4", String(headDim));
  }
  return { queryHeads, kvHeads, headDim };
}
