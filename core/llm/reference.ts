/**
 * For tests only: the forward pass as the model's definition reads, in float64, one token and one
 * number at a time. Slow and obviously right.
 *
 * @module
 */
import type { ModelConfig } from "./model_config.ts";
import { inverseFrequencies, rotaryMagnitude } from "./rope.ts";
import type { TensorStore } from "./tensor_store.ts";
import { layerTensors, modelTensors } from "./tensor_names.ts";

type Vector = Float64Array;
/** Rows. */
type Matrix = Vector[];

/** What the reference keeps of a layer: rotated keys and values, `[tokens][kvHeads * headDim]`. */
interface LayerCache {
  readonly keys: Matrix;
  readonly values: Matrix;
}

/** Restricts attention: tells whether a query head may attend to a token. */
export type Visible = (
  layer: number,
  queryHead: number,
  position: number,
  token: number,
) => boolean;

/** One sequence decoded by the definition. */
export class ReferenceModel {
  readonly #matrices = new Map<string, Matrix>();
  readonly #caches: LayerCache[];
  #length = 0;

  constructor(
    private readonly config: ModelConfig,
    private readonly weights: TensorStore,
    private readonly visible: Visible = () => true,
  ) {
    this.#caches = Array.from({ length: config.layers }, () => ({ keys: [], values: [] }));
  }

  /**
   * Feeds tokens as one pass and gives the logits after each of them, `[tokens][vocabulary]`.
   *
   * That they are one pass matters for `dynamic` rotary scaling alone: all of them are rotated
   * with the frequencies of the length they lead to.
   */
  forward(tokens: readonly number[]): Matrix {
    const length = this.#length + tokens.length;
    const frequencies = inverseFrequencies(this.config.rope, this.config.headDim, length);
    return tokens.map((token) => this.#token(token, this.#length++, frequencies));
  }

  #token(token: number, position: number, frequencies: Float64Array): Vector {
    const { layers, normEpsilon, tiedEmbedding } = this.config;
    let x: Vector = this.#matrix(modelTensors.embedding)[token]!;
    for (let layer = 0; layer < layers; layer++) {
      const names = layerTensors(layer);
      const attended = this.#attention(
        layer,
        this.#norm(x, names.inputNorm),
        position,
        frequencies,
      );
      x = sum(x, attended);
      x = sum(x, this.#feedForward(layer, this.#norm(x, names.postNorm)));
    }
    const head = tiedEmbedding ? modelTensors.embedding : modelTensors.head;
    const final = rmsNorm(x, this.#vector(modelTensors.finalNorm), normEpsilon);
    return product(this.#matrix(head), final);
  }

  #attention(layer: number, x: Vector, position: number, frequencies: Float64Array): Vector {
    const { queryHeads, kvHeads, headDim, windows } = this.config;
    const names = layerTensors(layer);
    const { keys, values } = this.#caches[layer]!;
    const queries = this.#heads(this.#linear(x, names.query), names.queryNorm);
    const newKeys = this.#heads(this.#linear(x, names.key), names.keyNorm);
    const magnitude = rotaryMagnitude(this.config.rope);
    const turn = (x: Vector) =>
      rotate(x, headDim, position, frequencies).map((value) => magnitude * value);
    keys.push(turn(newKeys));
    values.push(this.#linear(x, names.value));
    const rotated = turn(queries);
    const result = new Float64Array(queryHeads * headDim);
    for (let head = 0; head < queryHeads; head++) {
      const at = Math.floor(head / (queryHeads / kvHeads)) * headDim;
      const query = rotated.subarray(head * headDim, (head + 1) * headDim);
      const tokens = keys.map((_, token) => token)
        .filter((token) => position - token < windows[layer]!)
        .filter((token) => this.visible(layer, head, position, token));
      const logits = tokens.map((token) =>
        dot(query, keys[token]!.subarray(at, at + headDim)) / Math.sqrt(headDim)
      );
      const weights = softmax(logits);
      tokens.forEach((token, i) => {
        for (let d = 0; d < headDim; d++) {
          result[head * headDim + d]! += weights[i]! * values[token]![at + d]!;
        }
      });
    }
    return this.#linear(result, names.output);
  }

  #feedForward(layer: number, x: Vector): Vector {
    const names = layerTensors(layer);
    const gate = this.#linear(x, names.gate);
    const up = this.#linear(x, names.up);
    return this.#linear(gate.map((g, i) => g / (1 + Math.exp(-g)) * up[i]!), names.down);
  }

  /** Normalises each head, where the architecture does. */
  #heads(x: Vector, norm: string): Vector {
    const { headDim, headNorm, normEpsilon } = this.config;
    if (!headNorm) return x;
    const result = x.slice();
    for (let at = 0; at < x.length; at += headDim) {
      const head = x.subarray(at, at + headDim);
      result.set(rmsNorm(head, this.#vector(norm), normEpsilon), at);
    }
    return result;
  }

  #norm(x: Vector, name: string): Vector {
    return rmsNorm(x, this.#vector(name), this.config.normEpsilon);
  }

  #linear(x: Vector, { weight, bias }: { weight: string; bias: string }): Vector {
    const y = product(this.#matrix(weight), x);
    return this.weights.has(bias) ? sum(y, this.#vector(bias)) : y;
  }

  #vector(name: string): Vector {
    return Float64Array.from(this.#matrix(name), ([value]) => value!);
  }

  #matrix(name: string): Matrix {
    const known = this.#matrices.get(name);
    if (known) return known;
    const [rows, columns = 1] = this.weights.tensors.get(name)!.shape;
    const flat = Float64Array.from(this.weights.readRows(name, 0, rows!));
    const matrix = Array.from(
      { length: rows! },
      (_, row) => flat.subarray(row * columns, (row + 1) * columns),
    );
    this.#matrices.set(name, matrix);
    return matrix;
  }
}

function dot(a: Vector, b: Vector): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

function sum(a: Vector, b: Vector): Vector {
  return a.map((value, i) => value + b[i]!);
}

function product(matrix: Matrix, x: Vector): Vector {
  return Float64Array.from(matrix, (row) => dot(row, x));
}

function rmsNorm(x: Vector, weight: Vector, epsilon: number): Vector {
  const scale = 1 / Math.sqrt(dot(x, x) / x.length + epsilon);
  return x.map((value, i) => value * scale * weight[i]!);
}

function softmax(logits: readonly number[]): number[] {
  const top = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - top));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

/** Turns elements `i` and `i + headDim / 2` of each head by the angle of pair `i`. */
function rotate(x: Vector, headDim: number, position: number, frequencies: Float64Array): Vector {
  const half = headDim / 2;
  return x.map((value, i) => {
    const within = i % headDim;
    const angle = position * frequencies[within % half]!;
    const partner = within < half ? -x[i + half]! : x[i - half]!;
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}
