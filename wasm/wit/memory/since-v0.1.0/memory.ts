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

/** What a memory model is. */
export interface Description {
  /** Kebab-case: "hbm3-pim-bank". */
  readonly name: string;
  /** Version of this implementation, semantic. */
  readonly version: string;
  /** One sentence for people. */
  readonly summary: string;
  readonly citation: Citation;
  /** Levels it can compute at; at least one. */
  readonly levels: readonly PimLevel[];
  /** Power budgets it knows; at least one. */
  readonly powerBudgets: readonly PowerBudget[];
  /** Length of one cycle in nanoseconds, as far as this model rounds it. */
  readonly cycleNs: number;
  /** Channels of one stack: heads served at a time. */
  readonly channels: number;
  /** Bytes of one stack. */
  readonly capacityBytes: number;
  /** Tokens that one row step covers for 128 elements of 2 bytes (16 in HBM3-PIM). */
  readonly rowTokens: number;
}

/** Clustering that the step also does. */
export type ClusteringWork =
  | { readonly tag: "none" }
  /** The whole context, as the STARC artifact's `--add_cluster` charges it. */
  | { readonly tag: "whole-context" }
  /** Windows of some tokens. */
  | { readonly tag: "windows"; readonly value: ClusteringWindows };

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

/** How often the last, unpaired iteration's softmax and buffer block is emitted. */
export type OddTail = "once" | "per-step";

/** Bytes read beside the cache to decide what to attend to. */
export interface MetadataRead {
  readonly bytes: number;
  /** Contiguous pieces the bytes lie in. */
  readonly pieces: number;
}

/** Rows each head reads, where they are not simply the first ones. */
export interface RowLists {
  /**
   * Where each head's rows begin, and the end: heads + 1 numbers. Empty: no lists; each head
   * reads its first kept-tokens.
   */
  readonly offsets: Uint32Array;
  /** Row indices in units of `row-tokens` tokens, ascending within a head. */
  readonly rows: Uint32Array;
}

/** One decode step's attention of one layer, as one stack sees it. */
export interface Program {
  readonly level: PimLevel;
  readonly power: PowerBudget;
  /** Heads this stack serves, one a channel, as many at a time as there are channels. At least 1. */
  readonly heads: number;
  /** Elements of one key or value vector. */
  readonly headDim: number;
  /** Bytes of one element: 2 (W16A16) or 1 (W8A8). */
  readonly elementBytes: number;
  /** Tokens in the KV cache; at least 1. */
  readonly contextTokens: number;
  /**
   * Tokens that are read. It may exceed `context-tokens` by less than a row, because budgets are
   * rounded up to rows.
   */
  readonly keptTokens: number;
  /** Tokens each head's key partition is sized for: AttAcc 4096, STARC 409600. */
  readonly partitionTokens: number;
  readonly rows: RowLists;
  readonly clustering: ClusteringWork;
  readonly oddTail: OddTail;
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

export interface Command {
  readonly kind: CommandKind;
  /** Byte address; 0 where the kind has none. */
  readonly address: number;
}

/** Requests sent, every channel counted. */
export interface CommandCounts {
  /** MACs of every width. */
  readonly mac: number;
  readonly softmax: number;
  readonly moveGemvBuffer: number;
  readonly moveSoftmaxBuffer: number;
  readonly writeGemvBuffer: number;
  /** Row activations of every width; 0 where the model does not count them. */
  readonly activations: number;
  /** Refreshes; 0 where the model does not count them. */
  readonly refreshes: number;
}

/** Where energy goes. */
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
  | "rows"
  | "clustering"
  | "metadata-reads";

/** A program that the memory cannot serve. */
export interface UnsupportedProgram {
  /** Index into the programs of the call. */
  readonly program: number;
  readonly field: ProgramField;
}

/** Why a memory cannot answer. */
export type MemoryError =
  | { readonly tag: "unsupported"; readonly value: UnsupportedProgram }
  /** The command of this index is unknown or its address lies outside the stack. */
  | { readonly tag: "bad-command"; readonly value: number };
