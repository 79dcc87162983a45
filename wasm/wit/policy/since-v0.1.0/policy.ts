// GENERATED from kvpim:policy/policy@0.1.0 by: deno run -A wasm/sdk/generate.ts
// Do not edit.

/**
 * The contract between kvpim and a sparsity policy: which tokens of the KV cache a decode step
 * attends to, where tokens are stored, which are thrown away, and what was read to decide.
 *
 * Shapes. `[a, b, c]` is a flat list of a * b * c values, last index fastest. Token indices count
 * from 0 at the start of the prompt and never change. Query head `h` reads KV head
 * `h / (query-heads / kv-heads)`.
 *
 * Life of a session (one run, one layer): `open`, `prefill` once or more, `end-prefill`, then for
 * each decode step `append`, `select` and, where asked for, `observe`.
 *
 * @module
 */

/** Where an algorithm comes from. */
export interface Citation {
  /** Title of the paper. */
  readonly title: string;
  /** Where it appeared, with the year: "ASPLOS 2026". */
  readonly venue: string;
  /** arXiv number or DOI; empty if none. */
  readonly identifier: string;
  /** Repository and commit the defaults were read from; empty if none. */
  readonly code: string;
}

/** A whole number within bounds, both included. */
export interface IntegerRange {
  readonly defaultValue: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** A finite real number within bounds, both included. */
export interface RealRange {
  readonly defaultValue: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** One of several names. */
export interface ChoiceRange {
  /** Index into `options`. */
  readonly defaultValue: number;
  readonly options: readonly string[];
}

/** What values a parameter may take, and its default. */
export type ParameterKind =
  | { readonly tag: "integer"; readonly value: IntegerRange }
  | { readonly tag: "real"; readonly value: RealRange }
  /** Yes or no; the payload is the default. */
  | { readonly tag: "flag"; readonly value: boolean }
  | { readonly tag: "choice"; readonly value: ChoiceRange };

/** One knob of a policy. */
export interface Parameter {
  /** Kebab-case, unique within the policy: "page-tokens". */
  readonly name: string;
  /** One sentence for people, with the unit. */
  readonly summary: string;
  readonly kind: ParameterKind;
}

/** The value of one parameter, of the kind its description declares. */
export type ParameterValue =
  | { readonly tag: "integer"; readonly value: number }
  | { readonly tag: "real"; readonly value: number }
  | { readonly tag: "flag"; readonly value: boolean }
  /** Index into the options. */
  | { readonly tag: "choice"; readonly value: number };

/** What the host hands over. Whatever is not asked for arrives as an empty list. */
export type Inputs = readonly (
  | "keys"
  | "values"
  | "unrotated-keys"
  | "queries"
  | "speculated-queries"
  | "previous-hidden"
  | "projections"
  | "calibration"
)[];

/** How the budget (tokens a head may attend to in one step) binds. Exceeding it is a breach. */
export type BudgetBinding =
  /** Never more than the budget. */
  | { readonly tag: "hard" }
  /** Never more than max(budget, n): n tokens are granted however small the budget. */
  | { readonly tag: "at-least"; readonly value: number }
  /** Of the prompt's tokens never more than the budget; generated tokens come on top. */
  | { readonly tag: "prompt-only" }
  /** The budget does not apply (thresholds, sampling, full attention). */
  | { readonly tag: "unbound" };

/** Which position a key or query is rotated to. */
export type Rotation = "by-token" | "by-rank";

/** What a policy is and needs, for given parameters. */
export interface Description {
  /** Kebab-case: "quest". */
  readonly name: string;
  /** Version of this implementation, semantic: "0.1.0". */
  readonly version: string;
  /** One sentence for people. */
  readonly summary: string;
  readonly citation: Citation;
  /** In the order in which values are passed. */
  readonly parameters: readonly Parameter[];
  readonly inputs: Inputs;
  /**
   * How many of the prompt's last queries `end-prefill` gets attention weights of, summed:
   * 0 for none, 4294967295 for all.
   */
  readonly observedPromptQueries: number;
  /** Whether `observe` is called after each decode step. */
  readonly observesSteps: boolean;
  /**
   * Layers that attend to everything unless the run says otherwise, counted from 0. No session
   * is opened for them.
   */
  readonly denseLayers: Uint32Array;
  readonly budget: BudgetBinding;
  readonly rotation: Rotation;
}

/** The run and layer a session is opened for. */
export interface Config {
  /** This layer, counted from 0. */
  readonly layer: number;
  /** Layers of the model. */
  readonly layers: number;
  /** Query heads of the layer (32 in Llama-3.1-8B). A multiple of `kv-heads`. */
  readonly queryHeads: number;
  /** KV heads of the layer (8 in Llama-3.1-8B). */
  readonly kvHeads: number;
  /** Elements of one key or query vector; a multiple of 4. */
  readonly headDim: number;
  /**
   * Bytes one element has in the simulated cache (2 for fp16): the unit of `access.bytes`.
   * Values cross this interface as f32 whatever it is.
   */
  readonly elementBytes: number;
  /** Tokens a head may attend to in one step; at least 1. */
  readonly budget: number;
  /** The most tokens this session will see, prompt and generated. */
  readonly maxTokens: number;
  /** The only source of randomness: differs from layer to layer, equal in every repetition. */
  readonly seed: number;
  /** Empty for the defaults, else one value for each declared parameter. */
  readonly parameters: readonly ParameterValue[];
  /** Asked for with `calibration`. */
  readonly calibration: Uint8Array;
  /** Query projection [query-heads, head-dim, hidden]; asked for with `projections`. */
  readonly queryProjection: Float32Array;
  /** Key projection [kv-heads, head-dim, hidden]; asked for with `projections`. */
  readonly keyProjection: Float32Array;
}

/** Consecutive tokens that enter the cache. Each list has shape [kv-heads, count, head-dim]. */
export interface TokenBlock {
  /** How many tokens; at least 1. */
  readonly count: number;
  readonly keys: Float32Array;
  readonly values: Float32Array;
  readonly unrotatedKeys: Float32Array;
}

/** One decode step. */
export interface Step {
  /** Index of the newest token: the one the queries belong to, already appended. */
  readonly position: number;
  /** [query-heads, head-dim] */
  readonly queries: Float32Array;
  /** [query-heads, head-dim] */
  readonly speculatedQueries: Float32Array;
  /** [hidden] */
  readonly previousHidden: Float32Array;
}

/** Attention weights, after softmax. */
export interface Observation {
  /** Where each query head's entries begin, and the end: query-heads + 1 numbers. */
  readonly offsets: Uint32Array;
  /** Token indices. */
  readonly tokens: Uint32Array;
  /** Weight of the token of the same place. After the prompt: summed over the observed queries. */
  readonly weights: Float32Array;
}

/** Whose token sets these are. */
export type HeadUnit = "query-head" | "kv-head";

/** A set of tokens for each head. Sizes may differ from head to head. */
export interface TokenSets {
  readonly per: HeadUnit;
  /**
   * Where each head's tokens begin, and the end: heads + 1 numbers, the first 0, never
   * decreasing. Empty: no sets at all.
   */
  readonly offsets: Uint32Array;
  /** Token indices, each once a head, in any order. */
  readonly tokens: Uint32Array;
}

/** What the queries may see. */
export type Visible =
  /** Every token that was not evicted. */
  | { readonly tag: "everything" }
  | { readonly tag: "only"; readonly value: TokenSets };

/** Data a policy keeps beside the cache, by its nature. */
export type DataKind =
  | "keys"
  | "key-channels"
  | "page-digests"
  | "centroids"
  | "codes"
  | "scores"
  | "indices"
  | "other";

export type Direction = "read" | "write";

/** Memory traffic of deciding, charged by the simulator. Summed over the layer's heads. */
export interface Access {
  readonly kind: DataKind;
  readonly direction: Direction;
  readonly bytes: number;
  /** Contiguous pieces the bytes lie in: 1 is one sequential scan, n are n scattered ones. */
  readonly pieces: number;
}

/** Which tokens a decode step attends to. */
export interface Selection {
  readonly visible: Visible;
  /**
   * Added to the scaled logit of the token at the same place in `visible.only.tokens`
   * (MagicPIG's correction of its sampling); empty for none.
   */
  readonly bias: Float32Array;
  /**
   * How much of each query head's output is the mean of the values of all tokens present, 0 to
   * 1; the rest is attention (SparQ's 1 - alpha). [query-heads], or empty for none.
   */
  readonly meanValueWeights: Float32Array;
  readonly accesses: readonly Access[];
}

/**
 * Storage slots of consecutive tokens. A slot holds one token of one head; 16 slots are a row of
 * 16 tokens. A token without a stated slot has the slot of its own index.
 */
export interface Placement {
  /**
   * Whose slots: KV heads', or query heads' where each stores tokens of its own. The same in a
   * whole session, and the same as that of its evictions.
   */
  readonly per: HeadUnit;
  readonly firstToken: number;
  /**
   * [heads, n]: slots of tokens first-token .. first-token + n. Two tokens of a head that are
   * present never share a slot. Empty: nothing moves.
   */
  readonly slots: Uint32Array;
}

/** k-means work done on some windows, charged by the simulator. */
export interface Clustering {
  /** Windows clustered, KV heads counted. */
  readonly windows: number;
  /** Tokens of one window. */
  readonly tokens: number;
  /** Clusters of one window. */
  readonly clusters: number;
  /** Iterations run, summed over the windows. */
  readonly iterations: number;
}

/** What changed in the cache. Evictions happen before placements. */
export interface Update {
  /**
   * Tokens thrown away for good, by the same unit in a whole session. Evicting an evicted token
   * is a breach. Their slots are free.
   */
  readonly evicted: TokenSets;
  readonly placement: Placement;
  readonly clusterings: readonly Clustering[];
  readonly accesses: readonly Access[];
}

/** A list had the wrong number of values. */
export interface LengthMismatch {
  readonly expected: number;
  readonly found: number;
}

/** Why a policy cannot go on. */
export type PolicyError =
  /** The parameter of this index has the wrong kind or a value out of its range. */
  | { readonly tag: "bad-parameter"; readonly value: number }
  /** As many parameter values as declared, or none, were expected. */
  | { readonly tag: "parameter-count"; readonly value: LengthMismatch }
  /** The head size, head counts or budget cannot be served. */
  | { readonly tag: "unsupported-shape" }
  /** A list of an input has the wrong length. */
  | { readonly tag: "wrong-length"; readonly value: LengthMismatch }
  /** More tokens than `max-tokens` or than the policy can hold: the number it can. */
  | { readonly tag: "too-many-tokens"; readonly value: number }
  /** The calibration blob does not fit the model or is damaged. */
  | { readonly tag: "bad-calibration" }
  /** A call came at the wrong time: `select` before `end-prefill`, for example. */
  | { readonly tag: "wrong-order" };
