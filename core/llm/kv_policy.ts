/**
 * How a KV-cache policy takes part in decoding. The shapes and names are those of the plugin
 * contract `kvpim:policy`, so that a plugin's session serves with no conversion; a policy may as
 * well be a few lines of TypeScript.
 *
 * `[a, b, c]` is a flat list of a * b * c numbers, last index fastest. Tokens count from 0 at the
 * start of the prompt and never change. Query head `h` reads KV head `h / (queryHeads / kvHeads)`.
 *
 * @module
 */

/** A value now or later. */
export type Awaitable<T> = T | Promise<T>;

/** What a policy can ask for. Whatever is not asked for arrives as an empty list. */
export type PolicyInput =
  /** Keys after the rotary embedding, as the cache holds them. */
  | "keys"
  | "values"
  /** Keys before the rotary embedding. */
  | "unrotated-keys"
  /** This step's queries, after the rotary embedding. */
  | "queries"
  /**
   * What this layer's queries would be if the hidden state that entered the previous layer entered
   * this one. Layer 0 has no previous layer: its own hidden state counts.
   */
  | "speculated-queries"
  /** The hidden state that entered the previous layer (of layer 0: its own). */
  | "previous-hidden"
  /** The layer's query and key matrices, when the session is opened. */
  | "projections"
  /** Data of the policy's own; not the model's to give. */
  | "calibration";

/** What a policy needs of the decoder. */
export interface PolicyNeeds {
  readonly inputs: readonly PolicyInput[];
  /** How many of the prompt's last queries `endPrefill` gets weights of, summed; 4294967295: all. */
  readonly observedPromptQueries: number;
  /** Whether `observe` is called after each step. */
  readonly observesSteps: boolean;
  /** Layers that attend to everything and have no session, unless the run says otherwise. */
  readonly denseLayers: ArrayLike<number>;
  /**
   * Whether keys stand at their places in the text, or at their ranks among the tokens attended to
   * with the query at the last rank (StreamingLLM).
   */
  readonly rotation: "by-token" | "by-rank";
}

/** The layer a session is opened for. */
export interface PolicyLayer {
  readonly layer: number;
  readonly layers: number;
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** The most tokens the session will see. */
  readonly maxTokens: number;
  /** `[queryHeads, headDim, hidden]`, or empty. */
  readonly queryProjection: Float32Array;
  /** `[kvHeads, headDim, hidden]`, or empty. */
  readonly keyProjection: Float32Array;
}

/** Consecutive tokens that enter the cache. Each list is `[kvHeads, count, headDim]` or empty. */
export interface TokenBlock {
  readonly count: number;
  readonly keys: Float32Array;
  readonly values: Float32Array;
  readonly unrotatedKeys: Float32Array;
}

/** One decode step. */
export interface PolicyStep {
  /** The newest token: the one the queries belong to, already appended. */
  readonly position: number;
  /** `[queryHeads, headDim]` or empty. */
  readonly queries: Float32Array;
  /** `[queryHeads, headDim]` or empty. */
  readonly speculatedQueries: Float32Array;
  /** `[hidden]` or empty. */
  readonly previousHidden: Float32Array;
}

/** Attention weights after softmax, query head after query head. */
export interface Observation {
  /** Where each query head's entries begin, and the end; or empty. */
  readonly offsets: Uint32Array;
  readonly tokens: Uint32Array;
  /** Of the token at the same place. After the prompt: summed over the observed queries. */
  readonly weights: Float32Array;
}

/** A set of tokens for each query head or each KV head. */
export interface TokenSets {
  readonly per: "query-head" | "kv-head";
  /** Where each head's tokens begin, and the end: heads + 1 numbers. Empty: no sets at all. */
  readonly offsets: Uint32Array;
  /** Tokens, each once a head, in any order. */
  readonly tokens: Uint32Array;
}

/** What the queries may see. */
export type VisibleTokens =
  /** Every token that was not evicted. */
  | { readonly tag: "everything" }
  | { readonly tag: "only"; readonly value: TokenSets };

/** What a policy chose for one step of one layer. */
export interface Selection {
  readonly visible: VisibleTokens;
  /** Added to the scaled logit of the token at the same place; empty for none. */
  readonly bias: Float32Array;
  /**
   * How much of each query head's output is the mean of the values of all tokens present, 0 to 1;
   * the rest is attention. `[queryHeads]`, or empty for none.
   */
  readonly meanValueWeights: Float32Array;
}

/** What a policy changed in the cache. */
export interface CacheUpdate {
  /** Tokens thrown away for good. */
  readonly evicted: TokenSets;
}

/**
 * A policy at work on one layer of one sequence. Calls come one at a time and in order: `prefill`
 * once or more (not at all where a text begins with a step), `endPrefill`, then for each step `append`, `select` and, where asked for,
 * `observe`.
 *
 * Selections and updates may carry more than the decoder reads (placement, metadata reads); a
 * {@linkcode DecodeObserver} gets the very objects the policy returned.
 */
export interface KvPolicySession {
  prefill(tokens: TokenBlock): Awaitable<void>;
  endPrefill(weights: Observation): Awaitable<CacheUpdate>;
  append(tokens: TokenBlock): Awaitable<CacheUpdate>;
  select(step: PolicyStep): Awaitable<Selection>;
  observe?(weights: Observation): Awaitable<CacheUpdate>;
  close?(): void;
}

/** A policy with its parameters and budget settled. */
export interface KvPolicy {
  readonly needs: PolicyNeeds;
  open(layer: PolicyLayer): Awaitable<KvPolicySession>;
}

/** Watches what policies decide, for traces and statistics. */
export interface DecodeObserver {
  /**
   * What a layer attended to in one step; dense layers see everything.
   *
   * @param visible what the selection came to: explicit sets once tokens were evicted
   * @param selection as the policy returned it; undefined in dense layers
   */
  onSelection?(
    layer: number,
    position: number,
    visible: VisibleTokens,
    selection: Selection | undefined,
  ): void;
  /** What a policy changed, after the prompt or after token `position` entered. */
  onUpdate?(layer: number, position: number, update: CacheUpdate): void;
}

/** No token sets. */
export const NO_TOKENS: TokenSets = {
  per: "kv-head",
  offsets: new Uint32Array(0),
  tokens: new Uint32Array(0),
};

/** Nothing changed. */
export const NO_UPDATE: CacheUpdate = { evicted: NO_TOKENS };

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
