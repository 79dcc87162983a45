/**
 * For tests only: small checkpoints with random weights.
 *
 * @module
 */
import { join } from "node:path";
import type { ElementType } from "../element_type.ts";
import { type ModelConfig, readModelConfig } from "../model_config.ts";
import { SeededRandom } from "../random.ts";
import { layerTensors, type LinearNames, modelTensors } from "../tensor_names.ts";
import { encodeSafetensors, type NewTensor } from "./encode_safetensors.ts";

/** Fields of a config.json that make a model of some thousand weights. */
export const smallConfig: Readonly<Record<string, unknown>> = {
  architectures: ["LlamaForCausalLM"],
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 64,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
};

/** A directory that is gone when its user is done. */
export class TemporaryDirectory implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "kvpim_checkpoint_" });

  /** Writes a file into it. */
  write(name: string, content: string | Uint8Array | object) {
    const path = join(this.path, name);
    if (content instanceof Uint8Array) Deno.writeFileSync(path, content);
    else {Deno.writeTextFileSync(
        path,
        typeof content === "string" ? content : JSON.stringify(content),
      );}
  }

  [Symbol.dispose]() {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Writes config.json and model.safetensors of a random model. */
export function randomCheckpoint(
  fields: Readonly<Record<string, unknown>> = {},
  { seed = 1, type = "F32" as ElementType } = {},
): TemporaryDirectory {
  const directory = new TemporaryDirectory();
  directory.write("config.json", { ...smallConfig, ...fields });
  const config = readModelConfig(directory.path);
  directory.write("model.safetensors", encodeSafetensors(randomTensors(config, seed, type)));
  return directory;
}

/**
 * Random weights of a model. Outputs have about the size of their inputs, except that queries and
 * keys are larger, so that attention is far from even.
 */
export function randomTensors(
  config: ModelConfig,
  seed: number,
  type: ElementType,
): Map<string, NewTensor> {
  const random = new SeededRandom(seed);
  const tensors = new Map<string, NewTensor>();
  const normal = (count: number, mean: number, deviation: number) =>
    Float32Array.from({ length: count }, () => mean + deviation * normalNumber(random));
  const vector = (name: string, size: number, mean = 1) =>
    tensors.set(name, { shape: [size], values: normal(size, mean, 0.2), type });
  const matrix = (name: string, rows: number, columns: number, gain = 1) => {
    const values = normal(rows * columns, 0, gain / Math.sqrt(columns));
    tensors.set(name, { shape: [rows, columns], values, type });
  };
  const linear = (names: LinearNames, rows: number, columns: number, bias: boolean, gain = 1) => {
    matrix(names.weight, rows, columns, gain);
    if (bias) vector(names.bias, rows, 0);
  };
  const { hidden, feedForward, headDim, vocabulary, bias } = config;
  const [queryWidth, kvWidth] = [config.queryHeads * headDim, config.kvHeads * headDim];
  matrix(modelTensors.embedding, vocabulary, hidden, Math.sqrt(hidden));
  for (let layer = 0; layer < config.layers; layer++) {
    const names = layerTensors(layer);
    vector(names.inputNorm, hidden);
    linear(names.query, queryWidth, hidden, bias.qkv, 1.5);
    linear(names.key, kvWidth, hidden, bias.qkv, 1.5);
    linear(names.value, kvWidth, hidden, bias.qkv);
    if (config.headNorm) {
      vector(names.queryNorm, headDim);
      vector(names.keyNorm, headDim);
    }
    linear(names.output, hidden, queryWidth, bias.output);
    vector(names.postNorm, hidden);
    linear(names.gate, feedForward, hidden, bias.feedForward);
    linear(names.up, feedForward, hidden, bias.feedForward);
    linear(names.down, hidden, feedForward, bias.feedForward);
  }
  vector(modelTensors.finalNorm, hidden);
  if (!config.tiedEmbedding) matrix(modelTensors.head, vocabulary, hidden);
  return tensors;
}

/** By Box and Muller's transform. */
function normalNumber(random: SeededRandom): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
  return radius * Math.cos(2 * Math.PI * random.uniform());
}

/** Random tokens. */
export function randomTokens(count: number, vocabulary: number, seed = 7): number[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => Math.floor(random.uniform() * vocabulary));
}

/** Largest difference over the largest magnitude of what is expected. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(found[i]! - expected[i]!);
    if (!(error <= difference)) difference = error;
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return difference / size;
}
