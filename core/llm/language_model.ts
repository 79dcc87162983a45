/**
 * A checkpoint at work: Hugging Face weights in ONNX Runtime, attention in WebAssembly, and a
 * policy between the two.
 *
 * @module
 */
import { type GenerationConfig, readGenerationConfig } from "./generation_config.ts";
import { type ModelConfig, readModelConfig } from "./model_config.ts";
import type { WeightFormat } from "./onnx/linear.ts";
import type { ExecutionProvider, SessionOptions } from "./onnx/segment_session.ts";
import { ModelParts } from "./model_parts.ts";
import { Sequence, type SequenceOptions, tryPolicy } from "./sequence.ts";
import { stepTogether } from "./step.ts";
import { modelTensors } from "./tensor_names.ts";
import type { TensorSource } from "./tensor_store.ts";
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
    readonly parts: ModelParts,
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
    return new LanguageModel(config, generation, await ModelParts.load(source, session));
  }

  /** Begins a sequence. */
  sequence(options: SequenceOptions = {}): Promise<Sequence> {
    return Sequence.create(this.parts, options);
  }

  /**
   * Finds out whether a sequence can begin under a policy, without holding one.
   *
   * @throws what the policy does where it cannot
   */
  tryPolicy(options: SequenceOptions): Promise<void> {
    return tryPolicy(this.parts, options);
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
  step(sequences: readonly Sequence[], tokens: readonly number[]): Promise<Float32Array[]> {
    return stepTogether(this.parts, sequences, tokens);
  }

  /** Lets go of the model; its sequences are of no use afterwards. */
  async close() {
    await this.parts.close();
    this.#opened?.[Symbol.dispose]();
  }
}
