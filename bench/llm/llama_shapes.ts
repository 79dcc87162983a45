/**
 * Models of the shapes of Llama 3, for weights that are made up.
 *
 * @module
 */
import type { GenerationConfig } from "../../core/llm/generation_config.ts";
import type { ModelConfig } from "../../core/llm/model_config.ts";
import type { WeightFormat } from "../../core/llm/onnx/linear.ts";
import { QUANTIZATION_BLOCK } from "../../core/llm/onnx/quantize.ts";

type Sizes = Pick<ModelConfig, "layers" | "hidden" | "feedForward" | "headDim" | "tiedEmbedding">;

/** 32 query heads, 8 KV heads, vocabulary 128,256. */
function llama3(sizes: Sizes): ModelConfig {
  return {
    ...sizes,
    architecture: "LlamaForCausalLM",
    queryHeads: 32,
    kvHeads: 8,
    vocabulary: 128256,
    maximumPositions: 131072,
    windows: Array(sizes.layers).fill(Infinity),
    normEpsilon: 1e-5,
    rope: { type: "default", theta: 500000 },
    bias: { qkv: false, output: false, feedForward: false },
    headNorm: false,
    endTokens: [],
  };
}

/** The shape of Llama-3.2-1B. */
export const LLAMA_1B = llama3({
  layers: 16,
  hidden: 2048,
  feedForward: 8192,
  headDim: 64,
  tiedEmbedding: true,
});

/** The shape of Llama-3.1-8B. */
export const LLAMA_8B = llama3({
  layers: 32,
  hidden: 4096,
  feedForward: 14336,
  headDim: 128,
  tiedEmbedding: false,
});

/** Greedy, without an end. */
export const GREEDY: GenerationConfig = {
  endTokens: [],
  sample: false,
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  typicalP: 1,
  repetitionPenalty: 1,
  notUsed: [],
};

/** Bits of a weight in a matrix, its share of a block's scale with it. */
const WEIGHT_BITS: Readonly<Record<WeightFormat, number>> = {
  fp32: 32,
  int8: 8 + 32 / QUANTIZATION_BLOCK,
  int4: 4 + 32 / QUANTIZATION_BLOCK,
};

/** Bytes of the matrices, the head's too; rows of the embedding are read when they are needed. */
export function weightBytes(
  { layers, hidden, feedForward, queryHeads, kvHeads, headDim, vocabulary }: ModelConfig,
  format: WeightFormat,
): number {
  const attention = 2 * hidden * (queryHeads + kvHeads) * headDim;
  const weights = layers * (attention + 3 * hidden * feedForward) + vocabulary * hidden;
  return weights * WEIGHT_BITS[format] / 8;
}

/** Bytes of keys and values of so many tokens. */
export function cacheBytes({ layers, kvHeads, headDim }: ModelConfig, tokens: number): number {
  return 2 * 4 * layers * kvHeads * headDim * tokens;
}
