/** A matrix `[out, in]` and its bias `[out]`, which not every architecture has. */
export interface LinearNames {
  readonly weight: string;
  readonly bias: string;
}

/** Names of the tensors of a model outside of its layers. */
export const modelTensors = {
  embedding: "model.embed_tokens.weight",
  finalNorm: "model.norm.weight",
  /** Absent where the head is the embedding. */
  head: "lm_head.weight",
} as const;

/** Names of the tensors of a layer. The norms of heads are Qwen3's. */
export function layerTensors(layer: number) {
  const name = (part: string) => `model.layers.${layer}.${part}`;
  const linear = (part: string): LinearNames => ({
    weight: name(`${part}.weight`),
    bias: name(`${part}.bias`),
  });
  return {
    inputNorm: name("input_layernorm.weight"),
    query: linear("self_attn.q_proj"),
    key: linear("self_attn.k_proj"),
    value: linear("self_attn.v_proj"),
    queryNorm: name("self_attn.q_norm.weight"),
    keyNorm: name("self_attn.k_norm.weight"),
    output: linear("self_attn.o_proj"),
    postNorm: name("post_attention_layernorm.weight"),
    gate: linear("mlp.gate_proj"),
    up: linear("mlp.up_proj"),
    down: linear("mlp.down_proj"),
  };
}
