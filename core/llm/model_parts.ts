import type { OnnxModel } from "./onnx/onnx_graph.ts";
import {
  afterAttention,
  beforeAttention,
  betweenAttentions,
  denseAttention,
  head,
  type SegmentSource,
} from "./onnx/segments.ts";
import { SegmentSession, type SessionOptions } from "./onnx/segment_session.ts";
import { checkLogits } from "./check_logits.ts";
import { DenseAttention, type KeysAndValues, type SeenTokens } from "./dense_attention.ts";
import type { ModelConfig } from "./model_config.ts";
import { type RotaryTable, rotaryTable } from "./rope.ts";
import { modelTensors } from "./tensor_names.ts";
import { readTensor } from "./tensor_store.ts";

/** What attention is given, `[tokens, heads, headDim]` each. */
export interface Projected {
  readonly queries: Float32Array;
  readonly keys: Float32Array;
  readonly values: Float32Array;
  readonly unrotatedKeys: Float32Array;
}

/** What a layer makes of attention. */
export interface LayerOutput {
  /** The residual stream, `[tokens, hidden]`. */
  readonly hidden: Float32Array;
  /** For the attention of the next layer; undefined after the last. */
  readonly projected: Projected | undefined;
}

const PROJECTED = ["queries", "keys", "values", "unrotatedKeys"] as const;

/** Segments, loaded. */
interface Segments {
  /** Up to the attention of the first layer; of other layers once someone speculates. */
  readonly before: Map<number, Promise<SegmentSession>>;
  /** From the attention of each layer on; all but the last go up to the next attention. */
  readonly after: readonly SegmentSession[];
  readonly head: SegmentSession;
  readonly attention: SegmentSession;
}

/** A model's parts at work: everything but attention of one token over a cache. */
export class ModelParts {
  readonly #attention: DenseAttention;

  private constructor(
    private readonly source: SegmentSource,
    private readonly session: SessionOptions,
    private readonly segments: Segments,
  ) {
    this.#attention = new DenseAttention(segments.attention, source.config, session.threads);
  }

  /** Sizes of the model. */
  get config(): ModelConfig {
    return this.source.config;
  }

  /** Loads a model segment by segment; if one cannot be loaded, none stay. */
  static async load(source: SegmentSource, session: SessionOptions): Promise<ModelParts> {
    const loaded: SegmentSession[] = [];
    const load = async (model: OnnxModel) => {
      const segment = await SegmentSession.load(model, session);
      loaded.push(segment);
      return segment;
    };
    try {
      return new ModelParts(source, session, await loadSegments(source, load));
    } catch (error) {
      for (const segment of loaded) await segment.release();
      throw error;
    }
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
      rows.set(this.source.weights.readRows(modelTensors.embedding, token, 1), row * hidden);
    });
    return rows;
  }

  /** Cosines and sines of positions; see {@linkcode rotaryTable}. */
  rotary(positions: readonly number[], length: number): RotaryTable {
    return rotaryTable(this.config.rope, this.config.headDim, positions, length);
  }

  /** A tensor of the checkpoint as float32. */
  tensor(name: string, shape: readonly number[]): Float32Array {
    return readTensor(this.source.weights, name, shape);
  }

  /** Runs a layer up to attention. */
  async beforeAttention(
    layer: number,
    hidden: Float32Array,
    rotary: RotaryTable,
  ): Promise<Projected> {
    const segment = await this.#segmentBefore(layer);
    return segment.run({ ...this.#hiddenFeed(hidden), ...this.#rotaryFeeds(rotary) }, PROJECTED);
  }

  /** Runs a layer from attention on, and the next one up to attention. */
  async afterAttention(
    layer: number,
    hidden: Float32Array,
    attended: Float32Array,
    rotary: RotaryTable,
  ): Promise<LayerOutput> {
    const segment = this.segments.after[layer]!;
    const tokens = hidden.length / this.config.hidden;
    const feeds = {
      ...this.#hiddenFeed(hidden),
      attended: { data: attended, dims: [tokens, attended.length / tokens] },
    };
    if (layer + 1 === this.config.layers) {
      const { next } = await segment.run(feeds, ["next"]);
      return { hidden: next, projected: undefined };
    }
    const allFeeds = { ...feeds, ...this.#rotaryFeeds(rotary) };
    const { next, ...projected } = await segment.run(allFeeds, ["next", ...PROJECTED]);
    return { hidden: next, projected };
  }

  /** Attention of the last tokens of a cache; see {@linkcode DenseAttention.attend}. */
  denseAttention(
    queries: Float32Array,
    cache: KeysAndValues,
    seen: SeenTokens,
  ): Promise<Float32Array> {
    return this.#attention.attend(queries, cache, seen);
  }

  /**
   * Logits `[tokens, vocabulary]` from the residual stream after the last layer.
   *
   * @param lengths of each token's sequence with it, for messages
   * @throws {CheckpointError} when they are no numbers to choose by
   */
  async logits(hidden: Float32Array, lengths: readonly number[]): Promise<Float32Array> {
    const { logits } = await this.segments.head.run(this.#hiddenFeed(hidden), ["logits"]);
    const { vocabulary } = this.config;
    lengths.forEach((length, row) => {
      const own = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
      checkLogits(own, length, this.source.weights.source);
    });
    return logits;
  }

  /** Lets go of the segments and their memory. */
  async close() {
    const { before, after, head, attention } = this.segments;
    const loads = await Promise.allSettled(before.values());
    const loaded = loads.flatMap((load) => load.status === "fulfilled" ? [load.value] : []);
    const sessions = [...loaded, ...after, head, attention];
    for (const session of sessions) await session.release();
  }

  /** The segment up to a layer's attention, loaded when it is first needed. */
  #segmentBefore(layer: number): Promise<SegmentSession> {
    const { before } = this.segments;
    const known = before.get(layer);
    if (known) return known;
    const loading = SegmentSession.load(beforeAttention(this.source, layer), this.session);
    before.set(layer, loading);
    // What could not be loaded is tried again by the next who needs it, and is not there to release.
    loading.catch(() => before.delete(layer));
    return loading;
  }

  #hiddenFeed(hidden: Float32Array) {
    const { config } = this;
    return { hidden: { data: hidden, dims: [hidden.length / config.hidden, config.hidden] } };
  }

  #rotaryFeeds({ cos, sin }: RotaryTable) {
    const pairs = this.config.headDim / 2;
    const dims = [1, cos.length / pairs, pairs];
    return { cos: { data: cos, dims }, sin: { data: sin, dims } };
  }
}

async function loadSegments(
  source: SegmentSource,
  load: (model: OnnxModel) => Promise<SegmentSession>,
): Promise<Segments> {
  const { layers } = source.config;
  // The largest first: while a segment is loaded its weights are held more than once.
  const last = await load(head(source));
  const attention = await load(denseAttention(source.config));
  const first = await load(beforeAttention(source, 0));
  const after: SegmentSession[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const segment = layer + 1 < layers ? betweenAttentions : afterAttention;
    after.push(await load(segment(source, layer)));
  }
  return { before: new Map([[0, Promise.resolve(first)]]), after, head: last, attention };
}
