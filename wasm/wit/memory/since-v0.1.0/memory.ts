// GENERATED from kvpim:memory/memory@0.1.0 by: deno run -A wasm/sdk/generate.ts
// Do not edit.

/**
 * The contract between kvpim and a memory model: what a decode step's attention costs in a
 * memory that computes.
 *
 * @module
 */

/** Where a model's timings and energies come from. */
export interface Citation {
  readonly title: string;
  readonly venue: string;
  /** arXiv number, DOI or standard: "JESD238". */
  readonly identifier: string;
  /** Repository and commit; empty if none. */
  readonly code: string;
}

/** Where the GEMV units sit. */
export type PimLevel = "bank" | "bankgroup" | "buffer";

/** How fast all-bank MACs may follow each other: within the stack's power budget, or not. */
export type PowerBudget = "limited" | "unlimited";

/** A level that a memory computes at. */
export interface ComputingLevel {
  readonly level: PimLevel;
  /**
   * Tokens of a block: what the units of a channel work on at once, each on one token. In
   * HBM3-PIM 16 at the bank and at the bank group, 2 in the buffer die.
   */
  readonly blockTokens: number;
}

/** What a memory model is. */
export interface Description {
  /** Kebab-case: "hbm3-pim-bank". */
  readonly name: string;
  /** Version of this implementation, semantic. */
  readonly version: string;
  /** One sentence for people. */
  readonly summary: string;
  readonly citation: Citation;
  /** Levels it can compute at; at least one, each once. */
  readonly levels: readonly ComputingLevel[];
  /** Power budgets it knows; at least one. */
  readonly powerBudgets: readonly PowerBudget[];
  /** Length of one cycle in nanoseconds, as far as this model rounds it. */
  readonly cycleNs: number;
  /** Channels of one stack: heads served at a time. */
  readonly channels: number;
  /** Bytes of one stack. Addresses of a trace lie below. */
  readonly capacityBytes: number;
}

/** Clustering that the step also does. */
export type ClusteringWork =
  | { readonly tag: "none" }
  /** The whole context, as the STARC artifact's `--add_cluster` charges it. */
  | { readonly tag: "whole-context"; readonly value: WholeContextClustering }
  /** Windows of some tokens. */
  | { readonly tag: "windows"; readonly value: ClusteringWindows };

/** One clustering of all tokens, which also moves keys and values to where their cluster is. */
export interface WholeContextClustering {
  /**
   * Tokens of a budget row, the artifact's `--row_size`: centroids are written, and keys and
   * values moved, row by row. At least 1.
   */
  readonly rowTokens: number;
}

/** k-means on equal windows. */
export interface ClusteringWindows {
  readonly windows: number;
  /** Tokens of one window. */
  readonly tokens: number;
  /** Clusters of one window. */
  readonly clusters: number;
  /** Iterations on each window. */
  readonly iterations: number;
}

/**
 * How often the last, unpaired iteration's softmax and buffer block is emitted: once, or inside
 * the score loop in every step, as in AttAcc's first commit.
 */
export type OddTail = "once" | "per-step";

/**
 * Whose values the second iteration of an overlapped pair reads: the first iteration's again, as
 * AttAcc's generators emit, or its own.
 */
export type SecondContext = "of-first" | "of-second";

/**
 * The buffer commands of an overlapped partner: truncated to whole strides of the full context,
 * which drops some, as AttAcc's generators do, or whole.
 */
export type PartnerTraffic = "truncated" | "whole";

/**
 * Scores, softmax and values; or only the products of queries and stored vectors, moved to the
 * buffer die, as a policy needs them to decide.
 */
export type Passes = "attention" | "scores";

/** Bytes read beside the cache to decide what to attend to. */
export interface MetadataRead {
  readonly bytes: number;
  /** Contiguous pieces the bytes lie in. */
  readonly pieces: number;
}

/** Blocks each head reads, where they are not simply its first ones. */
export interface BlockLists {
  /**
   * Index into `blocks` where each head's list begins, and the end of the last: heads + 1
   * numbers that do not descend. Empty: no lists; each head reads its first `kept-tokens`.
   */
  readonly offsets: Uint32Array;
  /**
   * Storage positions in units of the level's `block-tokens`, the lists one after the other;
   * ascending within a head, each below context-tokens / block-tokens, rounded up.
   */
  readonly blocks: Uint32Array;
}

/** One decode step's attention of one layer, as one stack sees it. */
export interface Program {
  readonly level: PimLevel;
  readonly power: PowerBudget;
  /**
   * Heads this stack serves, one a channel, as many at a time as there are channels: these are an
   * iteration, and two iterations may overlap. At least 1.
   */
  readonly heads: number;
  /** Elements of one key or value vector. At least 1. */
  readonly headDim: number;
  /** Bytes of one element: 2 (W16A16) or 1 (W8A8). */
  readonly elementBytes: number;
  /** Tokens in the KV cache; at least 1. */
  readonly contextTokens: number;
  /**
   * Tokens that are read, from the first on; at least 1. It may exceed `context-tokens` by less
   * than a row, because budgets are rounded up to rows. Not looked at where there are lists.
   */
  readonly keptTokens: number;
  /** Tokens each head's key partition is sized for: AttAcc 4096, STARC 409600. */
  readonly partitionTokens: number;
  readonly blocks: BlockLists;
  readonly clustering: ClusteringWork;
  readonly oddTail: OddTail;
  readonly secondContext: SecondContext;
  readonly partnerTraffic: PartnerTraffic;
  /**
   * Queries that share a head's keys and values (grouped-query attention) and are served by each
   * MAC together; each one's operands, scores, softmax and results still move on their own. At
   * least 1.
   */
  readonly queries: number;
  readonly passes: Passes;
  readonly metadataReads: readonly MetadataRead[];
}

/** One request of a command trace, by the names of AttAcc's trace format. */
export type CommandKind =
  | "load"
  | "store"
  | "mac-all-bank"
  | "mac-same-bank"
  | "mac-per-bank"
  | "write-gemv-buffer"
  | "move-softmax-buffer"
  | "move-gemv-buffer"
  | "softmax"
  | "set-model"
  | "set-head"
  | "barrier";

/** A request and where it goes. */
export interface Command {
  readonly kind: CommandKind;
  /** Byte address; 0 where the kind has none. */
  readonly address: number;
}

/** Requests sent, every channel counted. */
export interface CommandCounts {
  readonly load: number;
  readonly store: number;
  /** MACs of every width. */
  readonly mac: number;
  readonly softmax: number;
  readonly moveGemvBuffer: number;
  readonly moveSoftmaxBuffer: number;
  readonly writeGemvBuffer: number;
  /** Row activations, one of many banks being one; none where the model does not count them. */
  readonly activations: number | null;
  /** Refreshes; none where the model does not count them. */
  readonly refreshes: number | null;
}

/** What a picojoule was spent on. */
export type EnergyKind =
  | "activation"
  | "cell-access"
  | "io"
  | "compute"
  | "buffer"
  | "softmax"
  | "refresh"
  | "background";

export interface EnergyTerm {
  readonly kind: EnergyKind;
  /** Picojoules of the whole program, one stack. */
  readonly picojoules: number;
}

/** What a program or trace cost. */
export interface Cost {
  /** Memory clock cycles until every queue is empty. */
  readonly cycles: number;
  /** Length of one cycle in nanoseconds. */
  readonly cycleNs: number;
  readonly counts: CommandCounts;
  /** Each kind at most once; kinds the model does not know are absent. */
  readonly energy: readonly EnergyTerm[];
}

/** A field of a program that the memory cannot serve. */
export type ProgramField =
  | "level"
  | "power"
  | "heads"
  | "head-dim"
  | "element-bytes"
  | "context-tokens"
  | "kept-tokens"
  | "partition-tokens"
  | "blocks"
  | "clustering"
  | "odd-tail"
  | "second-context"
  | "partner-traffic"
  | "queries"
  | "passes"
  | "metadata-reads";

/** A program that the memory cannot serve. */
export interface UnsupportedProgram {
  /** Index into the programs of the call; 0 for a trace. */
  readonly program: number;
  readonly field: ProgramField;
}

/** Why a memory cannot answer. */
export type MemoryError =
  | { readonly tag: "unsupported"; readonly value: UnsupportedProgram }
  /** The command of this index is unknown to the memory or its address lies outside the stack. */
  | { readonly tag: "bad-command"; readonly value: number }
  /** Commands of the trace open and close each other's rows for ever: some are never served. */
  | { readonly tag: "never-served" };
