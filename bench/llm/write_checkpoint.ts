/**
 * A checkpoint of random weights as published ones are: bfloat16, in one safetensors file.
 *
 * @module
 */
import { join } from "node:path";
import type { ModelConfig } from "../../core/llm/model_config.ts";
import { layerTensors, modelTensors } from "../../core/llm/tensor_names.ts";
import type { RandomWeights } from "./random_weights.ts";

const ROWS_AT_A_TIME = 4096;

/** Writes config.json and model.safetensors of a model without biases. */
export function writeCheckpoint(directory: string, config: ModelConfig, weights: RandomWeights) {
  Deno.writeTextFileSync(join(directory, "config.json"), JSON.stringify(configJson(config)));
  using file = Deno.openSync(join(directory, "model.safetensors"), { write: true, create: true });
  const tensors = shapesOf(config);
  writeAll(file, headerOf(tensors));
  for (const [name, shape] of tensors) {
    weights.expect(name, shape);
    const [rows] = shape;
    for (let first = 0; first < rows!; first += ROWS_AT_A_TIME) {
      const count = Math.min(ROWS_AT_A_TIME, rows! - first);
      writeAll(file, bfloat16(weights.readRows(name, first, count)));
    }
  }
}

function configJson(config: ModelConfig) {
  return {
    architectures: [config.architecture],
    hidden_size: config.hidden,
    intermediate_size: config.feedForward,
    num_hidden_layers: config.layers,
    num_attention_heads: config.queryHeads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    vocab_size: config.vocabulary,
    max_position_embeddings: config.maximumPositions,
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.rope.theta,
    tie_word_embeddings: config.tiedEmbedding,
  };
}

/** All tensors, in the order of the file. */
function shapesOf(config: ModelConfig): [string, readonly number[]][] {
  const { layers, hidden, feedForward, vocabulary, tiedEmbedding } = config;
  const width = config.queryHeads * config.headDim;
  const kvWidth = config.kvHeads * config.headDim;
  const shapes: [string, readonly number[]][] = [
    [modelTensors.embedding, [vocabulary, hidden]],
    [modelTensors.finalNorm, [hidden]],
  ];
  if (!tiedEmbedding) shapes.push([modelTensors.head, [vocabulary, hidden]]);
  for (let layer = 0; layer < layers; layer++) {
    const names = layerTensors(layer);
    shapes.push(
      [names.inputNorm, [hidden]],
      [names.query.weight, [width, hidden]],
      [names.key.weight, [kvWidth, hidden]],
      [names.value.weight, [kvWidth, hidden]],
      [names.output.weight, [hidden, width]],
      [names.postNorm, [hidden]],
      [names.gate.weight, [feedForward, hidden]],
      [names.up.weight, [feedForward, hidden]],
      [names.down.weight, [hidden, feedForward]],
    );
  }
  return shapes;
}

/** The length of the header, and the header: where each tensor lies. */
function headerOf(tensors: readonly (readonly [string, readonly number[]])[]): Uint8Array {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, shape] of tensors) {
    const begin = end;
    end += 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: "BF16", shape, data_offsets: [begin, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

/** The high halves of 32-bit floats. */
function bfloat16(values: Float32Array<ArrayBuffer>): Uint8Array {
  const bits = new Uint32Array(values.buffer);
  const halves = Uint16Array.from(bits, (word) => word >>> 16);
  return new Uint8Array(halves.buffer);
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array) {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}
