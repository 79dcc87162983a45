/**
 * How a KV-cache policy takes part in decoding. Values are those of the plugin contract
 * `kvpim:policy`, so that a plugin serves with no conversion ({@linkcode pluginPolicy}); a policy
 * may as well be a few lines of TypeScript.
 *
 * `[a, b, c]` is a flat list of a * b * c numbers, last index fastest. Tokens count from 0 at the
 * start of the prompt and never change. Query head `h` reads KV head `h / (queryHeads / kvHeads)`.
 *
 * @module
 */
import type {
  Config,
  Description,
  Observation,
  Selection,
  Step,
  TokenBlock,
  TokenSets,
  Update,
  Visible,
} from "../../wasm/wit/policy/since-v0.1.0/policy.ts";

export type { Observation, Selection, Step, TokenBlock, TokenSets, Update, Visible };

/** A value now or later. */
export type Awaitable<T> = T | Promise<T>;

/**
 * What a policy needs of the decoder.
 *
 * Layer 0 has no previous layer: for it `previous-hidden` and `speculated-queries` are its own
 * hidden state and what follows from that. `calibration` is not the decoder's to give.
 */
export interface PolicyNeeds
  extends Pick<Description, "inputs" | "observedPromptQueries" | "observesSteps" | "rotation"> {
  readonly denseLayers: ArrayLike<number>;
}

/** What the decoder knows of the layer a session is opened for. */
export type PolicyLayer = Pick<
  Config,
  | "layer"
  | "layers"
  | "queryHeads"
  | "kvHeads"
  | "headDim"
  | "maxTokens"
  | "queryProjection"
  | "keyProjection"
>;

/**
 * A policy at work on one layer of one sequence. Calls come one at a time and in order: `prefill`
 * once or more (not at all where a text begins with a step), `endPrefill`, then for each step `append`, `select` and, where asked for,
 * `observe`.
 *
 * Of selections and updates the decoder reads what is visible, mixed in and evicted. The rest
 * (placement, metadata reads, clustering work) is for a {@linkcode DecodeObserver}. Both are read
 * before the session is called again, so its lists need not outlive that.
 */
export interface KvPolicySession {
  prefill(tokens: TokenBlock): Awaitable<void>;
  endPrefill(weights: Observation): Awaitable<Update>;
  append(tokens: TokenBlock): Awaitable<Update>;
  select(step: Step): Awaitable<Selection>;
  observe?(weights: Observation): Awaitable<Update>;
  close?(): void;
}

/**
 * A policy with its parameters and budget settled.
 *
 * Where a layer has a sliding window the policy knows nothing of it: it is handed every token and
 * may select any. Those of its selection that lie within the window are attended to, observed and
 * counted; a head that is left with none attends to the newest token.
 */
export interface KvPolicy {
  readonly needs: PolicyNeeds;
  open(layer: PolicyLayer): Awaitable<KvPolicySession>;
}

/** Tokens that enter a layer, each list `[tokens, heads, headDim]`. */
export interface LayerTokens {
  readonly queries: Float32Array;
  readonly keys: Float32Array;
  readonly values: Float32Array;
  readonly unrotatedKeys: Float32Array;
}

/** What one query head attended to in one step of a layer with a policy. */
export interface AttendedTokens {
  readonly layer: number;
  readonly queryHead: number;
  /** Tokens attended to; none given where it was all. Good during the call. */
  readonly kept: Uint32Array | undefined;
  /**
   * Scaled products of the query and all keys so far, evicted ones too; -Infinity beyond the layer's
   * window. Good during the call.
   */
  readonly logits: Float32Array;
}

/** Watches what enters layers and what policies decide, for calibration, traces and statistics. */
export interface DecodeObserver {
  /** Some of the prompt's tokens, as they enter a layer, dense or not. Good during the call. */
  onPrompt?(layer: number, tokens: LayerTokens): void;
  /**
   * What a layer attended to in one step; dense layers see everything.
   *
   * @param visible what the selection came to: explicit sets, of query heads or KV heads, once tokens
   *   were evicted; good during the call
   * @param selection as the policy returned it, good during the call; undefined in dense layers
   */
  onSelection?(
    layer: number,
    position: number,
    visible: Visible,
    selection: Selection | undefined,
  ): void;
  /** What a policy changed, after the prompt or after token `position` entered. Good during the call. */
  onUpdate?(layer: number, position: number, update: Update): void;
  /** What each head attended to, beside what there was. Costs the scores of every token. */
  onAttention?(attended: AttendedTokens): void;
}

/** No token sets. */
const NO_TOKENS: TokenSets = {
  per: "kv-head",
  offsets: new Uint32Array(0),
  tokens: new Uint32Array(0),
};

/** Nothing changed. */
export const NO_UPDATE: Update = {
  evicted: NO_TOKENS,
  placement: { per: "kv-head", firstToken: 0, slots: new Uint32Array(0) },
  clusterings: [],
  accesses: [],
};

/** Nothing was observed. */
export const NO_OBSERVATION: Observation = {
  offsets: new Uint32Array(0),
  tokens: new Uint32Array(0),
  weights: new Float32Array(0),
};

/** Everything, as a selection. */
export const EVERYTHING: Selection = {
  visible: { tag: "everything" },
  bias: new Float32Array(0),
  meanValueWeights: new Float32Array(0),
  accesses: [],
};

/** Full attention as a policy: what every other policy is measured against. */
export const fullAttention: KvPolicy = {
  needs: {
    inputs: [],
    observedPromptQueries: 0,
    observesSteps: false,
    denseLayers: [],
    rotation: "by-token",
  },
  open: () => ({
    prefill: () => {},
    endPrefill: () => NO_UPDATE,
    append: () => NO_UPDATE,
    select: () => EVERYTHING,
  }),
};
