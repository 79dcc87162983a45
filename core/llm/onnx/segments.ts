/**
 * The model cut where attention is: what comes before the first, between two, after the last, and
 * the head.
 *
 * @module
 */
import type { ModelConfig } from "../model_config.ts";
import { layerTensors, modelTensors } from "../tensor_names.ts";
import { readTensor, type TensorSource } from "../tensor_store.ts";
import { linear, type WeightFormat } from "./linear.ts";
import { OnnxGraph, type OnnxModel } from "./onnx_graph.ts";

/** What a segment is made from. */
export interface SegmentSource {
  readonly config: ModelConfig;
  readonly weights: TensorSource;
  readonly format: WeightFormat;
}

/**
 * The first layer up to attention.
 *
 * Inputs: `hidden` [tokens, hidden]; `cos`, `sin` [1, tokens, headDim / 2]. Outputs, each
 * [tokens, heads * headDim]: `queries`, `keys`, `values`, and `unrotatedKeys`.
 */
export function beforeAttention(source: SegmentSource, layer: number): OnnxModel {
  const graph = new OnnxGraph();
  project(graph, source, layer, residualInput(graph, source), rotaryInput(graph, source));
  return graph.finish();
}

/**
 * From the attention of one layer to that of the next, in one segment, since each run costs.
 *
 * Inputs: `hidden` [tokens, hidden] as it was before attention; `attended` [tokens, queryHeads *
 * headDim]; `cos` and `sin`. Outputs: `next` [tokens, hidden], and those of
 * {@linkcode beforeAttention} for the next layer.
 */
export function betweenAttentions(source: SegmentSource, layer: number): OnnxModel {
  const graph = new OnnxGraph();
  const next = complete(graph, source, layer, residualInput(graph, source));
  graph.output("next", next, ["tokens", source.config.hidden]);
  project(graph, source, layer + 1, next, rotaryInput(graph, source));
  return graph.finish();
}

/** The last layer from attention on: `hidden` and `attended` to `next`. */
export function afterAttention(source: SegmentSource, layer: number): OnnxModel {
  const graph = new OnnxGraph();
  const next = complete(graph, source, layer, residualInput(graph, source));
  graph.output("next", next, ["tokens", source.config.hidden]);
  return graph.finish();
}

function residualInput(graph: OnnxGraph, { config }: SegmentSource): string {
  return graph.input("hidden", ["tokens", config.hidden]);
}

/** Cosines and sines. */
function rotaryInput(graph: OnnxGraph, { config }: SegmentSource): string[] {
  const dims = [1, "tokens", config.headDim / 2];
  return [graph.input("cos", dims), graph.input("sin", dims)];
}

/** From the residual stream to the outputs of {@linkcode beforeAttention}. */
function project(
  graph: OnnxGraph,
  source: SegmentSource,
  layer: number,
  x: string,
  table: readonly string[],
) {
  const { config, weights, format } = source;
  const { hidden, queryHeads, kvHeads, headDim } = config;
  const names = layerTensors(layer);
  const queryWidth = queryHeads * headDim;
  const kvWidth = kvHeads * headDim;
  const hasBias = config.bias.qkv;
  const projected = linear(graph, weights, rmsNorm(graph, source, x, names.inputNorm), hidden, [
    { names: names.query, outputs: queryWidth, hasBias },
    { names: names.key, outputs: kvWidth, hasBias },
    { names: names.value, outputs: kvWidth, hasBias },
  ], format);
  const [query, key, values] = graph.split(projected, [queryWidth, kvWidth, kvWidth]);
  const queries = headNorm(graph, source, query!, queryHeads, names.queryNorm);
  const keys = headNorm(graph, source, key!, kvHeads, names.keyNorm);
  graph.output("queries", rotate(graph, queries, table, queryHeads), [1, "tokens", queryWidth]);
  graph.output("keys", rotate(graph, keys, table, kvHeads), [1, "tokens", kvWidth]);
  graph.output("values", values!, ["tokens", kvWidth]);
  graph.output("unrotatedKeys", keys, ["tokens", kvWidth]);
}

/** From what attention gave back to the residual stream after the layer. */
function complete(graph: OnnxGraph, source: SegmentSource, layer: number, x: string): string {
  const { config, weights, format } = source;
  const { hidden, queryHeads, headDim, feedForward } = config;
  const names = layerTensors(layer);
  const width = queryHeads * headDim;
  const attended = graph.input("attended", ["tokens", width]);
  const output = linear(graph, weights, attended, width, [
    { names: names.output, outputs: hidden, hasBias: config.bias.output },
  ], format);
  const middle = graph.node("Add", [x, output]);
  const hasBias = config.bias.feedForward;
  const wide = linear(graph, weights, rmsNorm(graph, source, middle, names.postNorm), hidden, [
    { names: names.gate, outputs: feedForward, hasBias },
    { names: names.up, outputs: feedForward, hasBias },
  ], format);
  const [gate, up] = graph.split(wide, [feedForward, feedForward]);
  const silu = graph.node("Mul", [gate!, graph.node("Sigmoid", [gate!])]);
  const down = linear(graph, weights, graph.node("Mul", [silu, up!]), feedForward, [
    { names: names.down, outputs: hidden, hasBias },
  ], format);
  return graph.node("Add", [middle, down]);
}

/** From the residual stream after the last layer, `hidden`, to `logits` [tokens, vocabulary]. */
export function head(source: SegmentSource): OnnxModel {
  const { config, weights, format } = source;
  const graph = new OnnxGraph();
  const x = graph.input("hidden", ["tokens", config.hidden]);
  const weight = config.tiedEmbedding ? modelTensors.embedding : modelTensors.head;
  const normed = rmsNorm(graph, source, x, modelTensors.finalNorm);
  const logits = linear(graph, weights, normed, config.hidden, [
    { names: { weight, bias: "" }, outputs: config.vocabulary, hasBias: false },
  ], format);
  graph.output("logits", logits, ["tokens", config.vocabulary]);
  return graph.finish();
}

/**
 * Attention of many queries, as prefill needs it, from any number of KV heads with their query heads.
 * Inputs: `queries` [1, tokens, width], `keys` and `values` [1, kvHeads, length, headDim], `mask`
 * [tokens, length]; output: `attended` [1, tokens, width].
 */
export function denseAttention({ headDim }: Pick<ModelConfig, "headDim">): OnnxModel {
  const graph = new OnnxGraph();
  const queries = graph.input("queries", [1, "tokens", "width"]);
  const kvDims = [1, "kvHeads", "length", headDim];
  const [keys, values] = [graph.input("keys", kvDims), graph.input("values", kvDims)];
  const mask = graph.input("mask", ["tokens", "length"], "bool");
  const split = graph.node("Reshape", [queries, graph.integers([1, 0, -1, headDim])]);
  const byHead = graph.node("Transpose", [split], { perm: [0, 2, 1, 3] });
  const attended = graph.node("Attention", [byHead, keys, values, mask], {
    scale: { float: 1 / Math.sqrt(headDim) },
  });
  const byToken = graph.node("Transpose", [attended], { perm: [0, 2, 1, 3] });
  const joined = graph.node("Reshape", [byToken, graph.integers([1, 0, -1])]);
  graph.output("attended", joined, [1, "tokens", "width"]);
  return graph.finish();
}

function rmsNorm(graph: OnnxGraph, { config, weights }: SegmentSource, x: string, name: string) {
  const weight = graph.weight(
    "float32",
    [config.hidden],
    readTensor(weights, name, [config.hidden]),
  );
  return graph.node("RMSNormalization", [x, weight], {
    axis: -1,
    epsilon: { float: config.normEpsilon },
  });
}

/** Normalises each head by itself, where the architecture does. */
function headNorm(
  graph: OnnxGraph,
  { config, weights }: SegmentSource,
  x: string,
  heads: number,
  name: string,
): string {
  const { headDim } = config;
  if (!config.headNorm) return x;
  const weight = graph.weight("float32", [headDim], readTensor(weights, name, [headDim]));
  const perHead = graph.node("Reshape", [x, graph.integers([-1, heads, headDim])]);
  const normed = graph.node("RMSNormalization", [perHead, weight], {
    axis: -1,
    epsilon: { float: config.normEpsilon },
  });
  return graph.node("Reshape", [normed, graph.integers([-1, heads * headDim])]);
}

function rotate(graph: OnnxGraph, x: string, table: readonly string[], heads: number): string {
  const batched = graph.node("Unsqueeze", [x, graph.integers([0])]);
  return graph.node("RotaryEmbedding", [batched, ...table], { num_heads: heads });
}
