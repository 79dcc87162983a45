/** A decoder-only transformer: what its layers' sizes follow from. */
export interface ModelShape {
  readonly layers: number;
  readonly hidden: number;
  /** Query heads. */
  readonly heads: number;
  /** Heads of the KV cache; fewer than `heads` where queries share them. */
  readonly keyValueHeads: number;
  /** Elements of one head, as AttAcc's table has it. */
  readonly headDim: number;
  /** Width of the feed-forward block over `hidden`. */
  readonly feedForwardRatio: number;
  /** Activation; SwiGLU has three matrices, the others two. */
  readonly feedForward: "gelu" | "relu" | "swiglu";
  readonly source: string;
}

/**
 * Models, by the names of the artifact's `--model`. Sizes are those of AttAcc's table
 * (src/config.py), so that results compare; where the published model differs, `source` says so.
 */
export const models = {
  "GPT-175B": {
    layers: 96,
    hidden: 12288,
    heads: 96,
    keyValueHeads: 96,
    headDim: 128,
    feedForwardRatio: 4,
    feedForward: "gelu",
    source: "GPT-3, arXiv 2005.14165, table 2.1",
  },
  "GPT-89B": {
    layers: 48,
    hidden: 12288,
    heads: 96,
    keyValueHeads: 96,
    headDim: 128,
    feedForwardRatio: 4,
    feedForward: "gelu",
    source: "AttAcc src/config.py: GPT-175B with half the layers, not a published model",
  },
  "GPT-13B": {
    layers: 40,
    hidden: 5120,
    heads: 40,
    keyValueHeads: 40,
    headDim: 128,
    feedForwardRatio: 4,
    feedForward: "gelu",
    source: "GPT-3, arXiv 2005.14165, table 2.1 (hidden size printed there as 5140)",
  },
  "LLAMA-7B": {
    layers: 32,
    hidden: 4096,
    heads: 32,
    keyValueHeads: 32,
    headDim: 128,
    feedForwardRatio: 8 / 3,
    feedForward: "swiglu",
    source: "LLaMA, arXiv 2302.13971, table 2 (the released width is 11008, 2.69 times hidden)",
  },
  "LLAMA-65B": {
    layers: 80,
    hidden: 8192,
    heads: 64,
    keyValueHeads: 64,
    headDim: 128,
    feedForwardRatio: 8 / 3,
    feedForward: "swiglu",
    source: "LLaMA, arXiv 2302.13971, table 2 (the released width is 22016, 2.69 times hidden)",
  },
  "MT-76B": {
    layers: 60,
    hidden: 10240,
    heads: 40,
    keyValueHeads: 40,
    headDim: 128,
    feedForwardRatio: 4,
    feedForward: "gelu",
    source: "Megatron-LM, arXiv 2104.04473, table 1 (80 heads there; AttAcc has 40)",
  },
  "MT-146B": {
    layers: 80,
    hidden: 12288,
    heads: 80,
    keyValueHeads: 80,
    headDim: 128,
    feedForwardRatio: 4,
    feedForward: "gelu",
    source: "Megatron-LM, arXiv 2104.04473, table 1 (96 heads there; AttAcc has 80)",
  },
  "MT-310B": {
    layers: 96,
    hidden: 16384,
    heads: 128,
    keyValueHeads: 128,
    headDim: 128,
    feedForwardRatio: 4,
    feedForward: "gelu",
    source: "Megatron-LM, arXiv 2104.04473, table 1",
  },
  "MT-530B": {
    layers: 105,
    hidden: 20480,
    heads: 128,
    keyValueHeads: 128,
    headDim: 160,
    feedForwardRatio: 4,
    feedForward: "gelu",
    source: "Megatron-LM, arXiv 2104.04473, table 1",
  },
  "MT-1008B": {
    layers: 128,
    hidden: 25600,
    heads: 160,
    keyValueHeads: 160,
    headDim: 160,
    feedForwardRatio: 4,
    feedForward: "gelu",
    source: "Megatron-LM, arXiv 2104.04473, table 1",
  },
  "OPT-66B": {
    layers: 64,
    hidden: 9216,
    heads: 72,
    keyValueHeads: 72,
    headDim: 128,
    feedForwardRatio: 4,
    feedForward: "relu",
    source: "OPT, arXiv 2205.01068, table 1",
  },
  "Mistral-7B": {
    layers: 32,
    hidden: 4096,
    heads: 32,
    keyValueHeads: 8,
    headDim: 128,
    feedForwardRatio: 7 / 2,
    feedForward: "swiglu",
    source: "Mistral 7B, arXiv 2310.06825, table 1",
  },
  "Llama-8B": {
    layers: 32,
    hidden: 4096,
    heads: 32,
    keyValueHeads: 8,
    headDim: 128,
    feedForwardRatio: 7 / 2,
    feedForward: "swiglu",
    source: "Llama 3.1 8B, arXiv 2407.21783, table 3 (STARC's table had it until its last commit)",
  },
} as const satisfies Record<string, ModelShape>;

/** Name of a model. */
export type ModelName = keyof typeof models;
