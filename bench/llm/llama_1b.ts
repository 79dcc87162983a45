/**
 * A model of Llama-3.2-1B's shape.
 *
 * @module
 */
import type { GenerationConfig } from "../../core/llm/generation_config.ts";
import type { ModelConfig } from "../../core/llm/model_config.ts";
import { QUANTIZATION_BLOCK } from "../../core/llm/onnx/quantize.ts";

const LAYERS = 16;

/** 16 layers, hidden 2048, 8 KV heads, vocabulary 128,256. */
export const LLAMA_1B: ModelConfig = {
  architecture: "LlamaForCausalLM",
  layers: LAYERS,
  hidden: 2048,
  feedForward: 8192,
  queryHeads: 32,
  kvHeads: 8,
  headDim: 64,
  vocabulary: 128256,
  maximumPositions: 131072,
  windows: Array(LAYERS).fill(Infinity),
  normEpsilon: 1e-5,
  rope: { type: "default", theta: 500000 },
  tiedEmbedding: true,
  bias: { qkv: false, output: false, feedForward: false },
  headNorm: false,
  endTokens: [],
};

/** Greedy, without an end. */
export const GREEDY: GenerationConfig = {
  endTokens: [],
  sample: false,
  temperature: 1,
  topK: 0,
  topP: 1,
};

/** Bytes of the matrices of 4 bits, with their scales. */
export function int4WeightBytes(
  { layers, hidden, feedForward, queryHeads, kvHeads, headDim, vocabulary }: ModelConfig,
): number {
  const attention = 2 * hidden * (queryHeads + kvHeads) * headDim;
  const weights = layers * (attention + 3 * hidden * feedForward) + vocabulary * hidden;
  return weights * (4 + 32 / QUANTIZATION_BLOCK) / 8;
}

/** Bytes of keys and values of so many tokens. */
export function cacheBytes({ layers, kvHeads, headDim }: ModelConfig, tokens: number): number {
  return 2 * 4 * layers * kvHeads * headDim * tokens;
}
