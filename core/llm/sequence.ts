import {
  type DecodeObserver,
  type KvPolicy,
  type KvPolicySession,
  type PolicyLayer,
} from "./kv_policy.ts";
import type { ModelParts, Projected } from "./model_parts.ts";
import { returnFreeMemory } from "./free_memory.ts";
import { LayerAttention, type Speculation } from "./layer_attention.ts";
import { LayerCache } from "./layer_cache.ts";
import { turnTable } from "./rank_rotation.ts";
import { releaseBuffer } from "./release_buffer.ts";
import { type Stepping, stepTogether } from "./step.ts";
import { layerTensors } from "./tensor_names.ts";

/** How a sequence is decoded. */
export interface SequenceOptions {
  /** What decode steps attend to; everything unless stated. */
  readonly policy?: KvPolicy;
  /** Layers without the policy; those the policy names unless stated. */
  readonly denseLayers?: readonly number[];
  /** Room for tokens, prompt and generated; the model's context unless stated. */
  readonly maxTokens?: number;
  /** Watches what the policy decides. */
  readonly observer?: DecodeObserver;
}

/** How a prompt is fed. */
export interface PrefillOptions {
  /**
   * Called with the logits after each token, in order; a view that is good until it returns. The
   * logits of all tokens cost time, those of the last do not.
   */
  readonly onLogits?: (position: number, logits: Float32Array) => void;
}

/** Attention scores of a pass of prefill held at a time, in bytes. */
const SCORE_BYTES_AT_MOST = 2 ** 27;
/** Tokens of a pass of prefill. */
const PASS_TOKENS_AT_MOST = 512;
const PASS_TOKENS_AT_LEAST = 16;

/** Activations of a pass that ONNX Runtime has freed and the C library still keeps, in bytes. */
const FREED_BYTES_AT_MOST = 2 ** 26;

/** One text being decoded, with its KV cache and its policy's sessions. */
export class Sequence implements Stepping {
  #length = 0;
  #promptEnded = false;
  #failed = false;

  private constructor(
    private readonly model: ModelParts,
    private readonly layers: readonly LayerAttention[],
    private readonly speculating: readonly boolean[],
    readonly maxTokens: number,
  ) {}

  /** Begins a sequence; see {@linkcode LanguageModel.sequence}. */
  static async create(model: ModelParts, options: SequenceOptions): Promise<Sequence> {
    const { config } = model;
    const { policy, observer = {}, maxTokens = config.maximumPositions } = options;
    if (!Number.isInteger(maxTokens) || maxTokens < 1 || maxTokens > config.maximumPositions) {
      const expected = `room for 1 to ${config.maximumPositions} tokens (the model's context)`;
      throw new RangeError(`Expected ${expected} but found ${maxTokens}`);
    }
    const turns = policy?.needs.rotation === "by-rank"
      ? turnTable(config.rope, config.headDim, maxTokens)
      : undefined;
    const layerPolicies = policiesOfLayers(config.layers, options);
    const layers: LayerAttention[] = [];
    try {
      for (const [layer, own] of layerPolicies.entries()) {
        const cache = await LayerCache.create({ ...config, capacity: maxTokens }, own && turns);
        const session = own && await openSession(model, own, layer, maxTokens);
        const layerPolicy = own && session && { session, needs: own.needs, turns };
        const window = config.windows[layer];
        layers.push(new LayerAttention(layer, cache, layerPolicy, observer, window));
      }
    } catch (error) {
      for (const layer of layers) layer.close();
      throw error;
    }
    const speculating = layerPolicies.map((own) =>
      own?.needs.inputs.includes("speculated-queries") ?? false
    );
    return new Sequence(model, layers, speculating, maxTokens);
  }

  /** Tokens fed so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * Feeds tokens of the prompt in dense passes. May be called again until the first step; with
   * `dynamic` rotary scaling each call is a text of its own, as one call of the model would be.
   *
   * @returns logits `[vocabulary]` after the last token
   * @throws {RangeError} when the prompt is empty or does not fit, or a step was made before
   * @throws {CheckpointError} when the weights lead to logits that are no numbers
   */
  async prefill(tokens: readonly number[], options: PrefillOptions = {}): Promise<Float32Array> {
    if (this.#promptEnded) {
      throw new RangeError("Expected steps after the first step but found a prompt");
    }
    if (tokens.length === 0) throw new RangeError("Expected at least one token but found none");
    this.#checkRoom(tokens.length);
    this.model.checkTokens(tokens);
    try {
      return await this.#passes(tokens, options);
    } catch (error) {
      this.fail();
      throw error;
    }
  }

  /** Feeds tokens pass by pass. */
  async #passes(tokens: readonly number[], options: PrefillOptions): Promise<Float32Array> {
    const promptEnd = this.#length + tokens.length;
    let logits = new Float32Array(0);
    for (let done = 0; done < tokens.length;) {
      const pass = tokens.slice(done, done + this.#passTokens());
      const hidden = await this.#pass(pass, promptEnd);
      done += pass.length;
      logits = await this.#passLogits(hidden, done === tokens.length, options) ?? logits;
    }
    returnFreeMemory();
    return logits;
  }

  /**
   * Feeds one token, whose attention the policy chooses.
   *
   * @returns logits `[vocabulary]`
   * @throws {RangeError} when the token is not in the vocabulary or the sequence is full
   * @throws {CheckpointError} when the weights lead to logits that are no numbers
   */
  async step(token: number): Promise<Float32Array> {
    const [logits] = await stepTogether(this.model, [this], [token]);
    return logits!;
  }

  /** Lets go of the policy's sessions. */
  close() {
    for (const layer of this.layers) layer.close();
  }

  /** For {@linkcode stepTogether}: checks that there is room for a token. */
  checkStep() {
    this.#checkRoom(1);
  }

  /** For {@linkcode stepTogether}: ends the prompt, if it has not ended. */
  async endPrompt() {
    if (this.#promptEnded) return;
    this.#promptEnded = true;
    for (const layer of this.layers) await layer.endPrefill();
  }

  /** For {@linkcode stepTogether}: layers may differ in length now, so nothing can follow. */
  fail() {
    this.#failed = true;
  }

  /** For {@linkcode stepTogether}: whether a layer's policy asks for speculated queries. */
  speculates(layer: number): boolean {
    return this.speculating[layer]!;
  }

  /** For {@linkcode stepTogether}: attention of one layer, of row `row` of a batch. */
  attend(
    layer: number,
    row: number,
    projected: Projected,
    speculatedQueries: Float32Array | undefined,
    previousHidden: Float32Array,
  ): Promise<Float32Array> {
    const { queryHeads, kvHeads, headDim, hidden } = this.model.config;
    const slice = (list: Float32Array, width: number) =>
      list.subarray(row * width, (row + 1) * width);
    const kvWidth = kvHeads * headDim;
    const speculation: Speculation = {
      speculatedQueries: this.speculates(layer)
        ? slice(speculatedQueries!, queryHeads * headDim)
        : new Float32Array(0),
      previousHidden: slice(previousHidden, hidden),
    };
    return this.layers[layer]!.step({
      queries: slice(projected.queries, queryHeads * headDim),
      keys: slice(projected.keys, kvWidth),
      values: slice(projected.values, kvWidth),
      unrotatedKeys: slice(projected.unrotatedKeys, kvWidth),
    }, speculation);
  }

  /** For {@linkcode stepTogether}: counts the token. */
  endStep() {
    this.#length++;
  }

  /** Runs a pass through all layers; returns the residual stream after the last. */
  async #pass(tokens: readonly number[], promptEnd: number): Promise<Float32Array> {
    const { model } = this;
    const positions = tokens.map((_, i) => this.#length + i);
    const rotary = model.rotary(positions, promptEnd);
    let hidden = model.embed(tokens);
    let projected: Projected | undefined = await model.beforeAttention(0, hidden, rotary);
    const layerBytes = 4 * tokens.length * 3 * model.config.feedForward;
    let freedBytes = 0;
    for (let index = 0; projected; index++) {
      await this.layers[index]!.prefill(projected, promptEnd);
      const attended = await this.#denseAttention(index, projected.queries, tokens.length);
      const next = await model.afterAttention(index, hidden, attended, rotary);
      // The lists of one token may be the policy's now; those of a pass are copied for it.
      if (tokens.length > 1) releaseAll([hidden, attended, ...Object.values(projected)]);
      ({ hidden, projected } = next);
      freedBytes += layerBytes;
      if (freedBytes < FREED_BYTES_AT_MOST) continue;
      returnFreeMemory();
      freedBytes = 0;
    }
    this.#length += tokens.length;
    return hidden;
  }

  /** Attention of the last tokens of a layer's cache, whose keys and values are in it. */
  async #denseAttention(
    layer: number,
    queries: Float32Array,
    count: number,
  ): Promise<Float32Array> {
    const { cache } = this.layers[layer]!;
    const window = this.model.config.windows[layer]!;
    // What the window hides from the first of them is hidden from all.
    const first = Math.max(0, cache.length - count + 1 - window);
    const mask = causalMask(count, cache.length - first, window);
    return await this.model.denseAttention(queries, cache, { first, mask });
  }

  /** Logits after the tokens of a pass: of all where they are asked for, else of the prompt's last. */
  async #passLogits(
    hidden: Float32Array,
    isLast: boolean,
    { onLogits }: PrefillOptions,
  ): Promise<Float32Array<ArrayBuffer> | undefined> {
    const { vocabulary, hidden: width } = this.model.config;
    if (!onLogits && !isLast) return undefined;
    const count = onLogits ? hidden.length / width : 1;
    const lengths = Array.from({ length: count }, (_, row) => this.#length - count + row + 1);
    const rows = await this.model.logits(hidden.subarray(-count * width), lengths);
    for (let row = 0; onLogits && row < count; row++) {
      onLogits(lengths[row]! - 1, rows.subarray(row * vocabulary, (row + 1) * vocabulary));
    }
    return rows.slice(-vocabulary);
  }

  /** As many tokens as keep the scores of attention within bounds. */
  #passTokens(): number {
    const bytesPerToken = 4 * this.model.config.queryHeads * (this.#length + PASS_TOKENS_AT_MOST);
    const fitting = Math.floor(SCORE_BYTES_AT_MOST / bytesPerToken);
    return Math.min(PASS_TOKENS_AT_MOST, Math.max(PASS_TOKENS_AT_LEAST, fitting));
  }

  #checkRoom(tokens: number) {
    if (this.#failed) throw new RangeError("Expected a sequence at work but found one that failed");
    const total = this.#length + tokens;
    if (total <= this.maxTokens) return;
    const expected = `a sequence of at most ${this.maxTokens} tokens`;
    throw new RangeError(`Expected ${expected} but found ${total}`);
  }
}

/** Activations of a pass are tens of megabytes a layer, which wait for no collector. */
function releaseAll(lists: readonly Float32Array[]) {
  for (const list of lists) releaseBuffer(list as Float32Array<ArrayBuffer>);
}

/**
 * Finds out whether a policy opens for a model: its first layer under the policy is opened and closed.
 *
 * @throws what the policy does
 */
export async function tryPolicy(model: ModelParts, options: SequenceOptions) {
  const { layers, maximumPositions } = model.config;
  const { maxTokens = maximumPositions } = options;
  const policies = policiesOfLayers(layers, options);
  const layer = policies.findIndex((policy) => policy !== undefined);
  if (layer < 0) return;
  (await openSession(model, policies[layer]!, layer, maxTokens)).close?.();
}

/** The policy of each layer, where it has one. */
function policiesOfLayers(
  layers: number,
  { policy, denseLayers }: SequenceOptions,
): (KvPolicy | undefined)[] {
  const outside = denseLayers?.find((layer) =>
    !Number.isInteger(layer) || layer < 0 || layer >= layers
  );
  if (outside !== undefined) {
    throw new RangeError(`Expected dense layers from 0 to ${layers - 1} but found ${outside}`);
  }
  const dense = new Set(denseLayers ?? Array.from(policy?.needs.denseLayers ?? []));
  return Array.from({ length: layers }, (_, layer) => dense.has(layer) ? undefined : policy);
}

async function openSession(
  model: ModelParts,
  policy: KvPolicy,
  layer: number,
  maxTokens: number,
): Promise<KvPolicySession> {
  const { layers, queryHeads, kvHeads, headDim, hidden } = model.config;
  const asked = policy.needs.inputs.includes("projections");
  const { query, key } = layerTensors(layer);
  const projection = (name: string, heads: number) =>
    asked ? model.tensor(name, [heads * headDim, hidden]) : new Float32Array(0);
  const shape: PolicyLayer = {
    layer,
    layers,
    queryHeads,
    kvHeads,
    headDim,
    maxTokens,
    queryProjection: projection(query.weight, queryHeads),
    keyProjection: projection(key.weight, kvHeads),
  };
  return await policy.open(shape);
}

/**
 * `[tokens, length]`: each of the last `tokens` of `length` tokens sees itself and those before, of
 * which as many as its window holds.
 */
function causalMask(tokens: number, length: number, window: number): Uint8Array {
  const mask = new Uint8Array(tokens * length);
  for (let row = 0; row < tokens; row++) {
    const end = length - tokens + row + 1;
    mask.fill(1, row * length + Math.max(0, end - window), row * length + end);
  }
  return mask;
}
