/**
 * A checkpoint at work: Hugging Face weights in ONNX Runtime, attention in WebAssembly, and a
 * policy between the two.
 *
 * @module
 */
import { type GenerationConfig, readGenerationConfig } from "./generation_config.ts";
import { type ModelConfig, readModelConfig } from "./model_config.ts";
import type { WeightFormat } from "./onnx/linear.ts";
import { afterAttention, beforeAttention, denseAttention, head } from "./onnx/segments.ts";
import {
  type ExecutionProvider,
  SegmentSession,
  type SessionOptions,
} from "./onnx/segment_session.ts";
import { rotaryTable } from "./rope.ts";
import { Sequence, type SequenceOptions } from "./sequence.ts";
import { modelTensors } from "./tensor_names.ts";
import { readTensor, type TensorSource } from "./tensor_store.ts";
import { openWeights } from "./weights.ts";

/** How a model is loaded. */
export interface ModelOptions {
  /** How matrices are held in memory; `"fp32"` unless stated. */
  readonly format?: WeightFormat;
  /** Where matrices are multiplied; `"cpu"` unless stated. */
  readonly provider?: ExecutionProvider;
  /** Threads of one matrix product; for small models 1, else as many as the machine has cores. */
  readonly threads?: number;
}

/** Products of matrices this wide are worth more than one thread. */
const WIDE = 1024;

/** What comes before attention, `[tokens, ...]` each. */
export interface BeforeAttention {
  readonly queries: Float32Array;
  readonly keys: Float32Array;
  readonly values: Float32Array;
  readonly unrotatedKeys: Float32Array;
}

/**
 * A loaded model. It holds no sequence: those come from {@linkcode LanguageModel.sequence}, any
 * number of them.
 *
 * @example
 * ```ts
 * import { LanguageModel } from "./language_model.ts";
 * import { tinyLlama } from "./tiny_llama.ts";
 * import { equal } from "node:assert/strict";
 *
 * const model = await LanguageModel.open(tinyLlama);
 * const sequence = await model.sequence();
 * const logits = await sequence.prefill([68, 345, 410]);
 * equal(logits.length, model.config.vocabulary);
 * await model.close();
 * ```
 */
export class LanguageModel {
  /** What is to be closed with the model. */
  #opened: Disposable | undefined;

  private constructor(
    readonly config: ModelConfig,
    readonly generation: GenerationConfig,
    private readonly weights: TensorSource,
    private readonly before: readonly SegmentSession[],
    private readonly after: readonly SegmentSession[],
    private readonly head: SegmentSession,
    private readonly attention: SegmentSession,
  ) {}

  /**
   * Loads a checkpoint directory, one segment at a time so that no more than one segment's weights
   * are held twice.
   *
   * @throws {CheckpointError} when the checkpoint is damaged, incomplete or not supported
   */
  static async open(directory: string, options: ModelOptions = {}): Promise<LanguageModel> {
    const config = readModelConfig(directory);
    const generation = readGenerationConfig(directory, config);
    const weights = openWeights(directory);
    try {
      const model = await LanguageModel.load(config, generation, weights, options);
      model.#opened = weights;
      return model;
    } catch (error) {
      weights[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Loads a model from tensors wherever they are; the source must last as long as the model.
   *
   * @throws {CheckpointError} when a tensor is missing or has another shape
   */
  static async load(
    config: ModelConfig,
    generation: GenerationConfig,
    weights: TensorSource,
    options: ModelOptions = {},
  ): Promise<LanguageModel> {
    weights.expect(modelTensors.embedding, [config.vocabulary, config.hidden]);
    const source = { config, weights, format: options.format ?? "fp32" };
    const session: SessionOptions = {
      provider: options.provider ?? "cpu",
      threads: options.threads ?? (config.hidden < WIDE ? 1 : navigator.hardwareConcurrency),
    };
    // The largest first: while a segment is loaded its weights are held more than once.
    const last = await SegmentSession.load(head(source), session);
    const attention = await SegmentSession.load(denseAttention(config), session);
    const before: SegmentSession[] = [];
    const after: SegmentSession[] = [];
    for (let layer = 0; layer < config.layers; layer++) {
      before.push(await SegmentSession.load(beforeAttention(source, layer), session));
      after.push(await SegmentSession.load(afterAttention(source, layer), session));
    }
    return new LanguageModel(config, generation, weights, before, after, last, attention);
  }

  /** Begins a sequence. */
  sequence(options: SequenceOptions = {}): Promise<Sequence> {
    return Sequence.create(this, options);
  }

  /**
   * Feeds one token to each of some sequences in one pass. If a policy fails, the sequences of the
   * pass are of no use any more, and say so.
   *
   * @param tokens one for each sequence
   * @returns logits `[vocabulary]` for each sequence
   * @throws {RangeError} when a token is not in the vocabulary or a sequence is full, and whatever
   * a policy throws
   */
  async step(sequences: readonly Sequence[], tokens: readonly number[]): Promise<Float32Array[]> {
    if (sequences.length !== tokens.length || new Set(sequences).size !== sequences.length) {
      throw new RangeError(
        `Expected one token for each of ${sequences.length} different sequences but found ` +
          `${tokens.length}`,
      );
    }
    this.checkTokens(tokens);
    for (const sequence of sequences) sequence.checkStep();
    try {
      for (const sequence of sequences) await sequence.endPrompt();
      const hidden = await this.#stepThroughLayers(sequences, tokens);
      const logits = await this.logits(hidden);
      for (const sequence of sequences) sequence.endStep();
      const { vocabulary } = this.config;
      return sequences.map((_, row) => logits.subarray(row * vocabulary, (row + 1) * vocabulary));
    } catch (error) {
      for (const sequence of sequences) sequence.fail();
      throw error;
    }
  }

  /** The residual stream after the last layer, a row for each sequence. */
  async #stepThroughLayers(
    sequences: readonly Sequence[],
    tokens: readonly number[],
  ): Promise<Float32Array> {
    const rotary = this.#stepRotary(sequences);
    let hidden = this.embed(tokens);
    let previous = hidden;
    for (let layer = 0; layer < this.config.layers; layer++) {
      const projected = await this.beforeAttention(layer, hidden, rotary);
      const speculating = sequences.some((sequence) => sequence.speculates(layer));
      const speculated = speculating
        ? (await this.beforeAttention(layer, previous, rotary)).queries
        : undefined;
      const attended = new Float32Array(projected.queries.length);
      const width = attended.length / sequences.length;
      for (const [row, sequence] of sequences.entries()) {
        const output = await sequence.attend(layer, row, projected, speculated, previous);
        attended.set(output, row * width);
      }
      previous = hidden;
      hidden = await this.afterAttention(layer, hidden, attended);
    }
    return hidden;
  }

  /**
   * Checks that tokens are in the vocabulary.
   *
   * @throws {RangeError} when one is not
   */
  checkTokens(tokens: readonly number[]) {
    const { vocabulary } = this.config;
    for (const token of tokens) {
      if (Number.isInteger(token) && token >= 0 && token < vocabulary) continue;
      throw new RangeError(`Expected tokens below ${vocabulary} but found ${token}`);
    }
  }

  /** Rows of the embedding, `[tokens, hidden]`, of tokens of the vocabulary. */
  embed(tokens: readonly number[]): Float32Array {
    const { hidden } = this.config;
    const rows = new Float32Array(tokens.length * hidden);
    tokens.forEach((token, row) => {
      rows.set(this.weights.readRows(modelTensors.embedding, token, 1), row * hidden);
    });
    return rows;
  }

  /** Cosines and sines of positions; see {@linkcode rotaryTable}. */
  rotary(positions: readonly number[], length: number): Rotary {
    return rotaryTable(this.config.rope, this.config.headDim, positions, length);
  }

  /** Runs a layer up to attention. */
  beforeAttention(layer: number, hidden: Float32Array, rotary: Rotary): Promise<BeforeAttention> {
    const tokens = hidden.length / this.config.hidden;
    const tableDims = [1, tokens, this.config.headDim / 2];
    return this.before[layer]!.run({
      hidden: { data: hidden, dims: [tokens, this.config.hidden] },
      cos: { data: rotary.cos, dims: tableDims },
      sin: { data: rotary.sin, dims: tableDims },
    }, ["queries", "keys", "values", "unrotatedKeys"]);
  }

  /** Runs a layer from attention on. */
  async afterAttention(
    layer: number,
    hidden: Float32Array,
    attended: Float32Array,
  ): Promise<Float32Array> {
    const tokens = hidden.length / this.config.hidden;
    const { next } = await this.after[layer]!.run({
      hidden: { data: hidden, dims: [tokens, this.config.hidden] },
      attended: { data: attended, dims: [tokens, attended.length / tokens] },
    }, ["next"]);
    return next;
  }

  /**
   * Causal attention of the last tokens of a cache.
   *
   * @param queries `[tokens, queryHeads, headDim]`
   * @param keys `[length, kvHeads, headDim]`
   * @param mask `[tokens, length]`, 1 where a token sees another
   */
  async denseAttention(
    queries: Float32Array,
    keys: Float32Array,
    values: Float32Array,
    mask: Uint8Array,
  ): Promise<Float32Array> {
    const { queryHeads, kvHeads, headDim } = this.config;
    const tokens = queries.length / (queryHeads * headDim);
    const length = keys.length / (kvHeads * headDim);
    const cacheDims = [1, length, kvHeads * headDim];
    const { attended } = await this.attention.run({
      queries: { data: queries, dims: [1, tokens, queryHeads * headDim] },
      keys: { data: keys, dims: cacheDims },
      values: { data: values, dims: cacheDims },
      mask: { data: mask, dims: [tokens, length] },
    }, ["attended"]);
    return attended;
  }

  /** Logits `[tokens, vocabulary]` from the residual stream after the last layer. */
  async logits(hidden: Float32Array): Promise<Float32Array> {
    const tokens = hidden.length / this.config.hidden;
    const feeds = { hidden: { data: hidden, dims: [tokens, this.config.hidden] } };
    return (await this.head.run(feeds, ["logits"])).logits;
  }

  /** A tensor of the checkpoint as float32. */
  tensor(name: string, shape: readonly number[]): Float32Array {
    return readTensor(this.weights, name, shape);
  }

  /** Lets go of the model; its sequences are of no use afterwards. */
  async close() {
    const sessions = [...this.before, ...this.after, this.head, this.attention];
    for (const session of sessions) await session.release();
    this.#opened?.[Symbol.dispose]();
  }

  /** Each sequence stands at a position of its own and, with `dynamic` scaling, turns by its own. */
  #stepRotary(sequences: readonly Sequence[]): Rotary {
    const pairs = this.config.headDim / 2;
    const cos = new Float32Array(sequences.length * pairs);
    const sin = new Float32Array(sequences.length * pairs);
    sequences.forEach(({ length }, row) => {
      const one = this.rotary([length], length + 1);
      cos.set(one.cos, row * pairs);
      sin.set(one.sin, row * pairs);
    });
    return { cos, sin };
  }
}

type Rotary = ReturnType<typeof rotaryTable>;
