/**
 * What a policy decides while a model decodes, as much of it as rows and traces need. The shapes
 * are those of the plugin contract `kvpim:policy`, so that a plugin's own objects serve.
 *
 * @module
 */
import type { ACCESS_DIRECTIONS, ACCESS_KINDS } from "./trace_format.ts";

/** Whose tokens or slots: one list a query head, or one a KV head. */
export type HeadUnit = "query-head" | "kv-head";

/** A set of tokens for each head. */
export interface TokenSets {
  readonly per: HeadUnit;
  /** Where each head's tokens begin, and the end: heads + 1 numbers. */
  readonly offsets: Uint32Array;
  /** Tokens, each once a head, in any order. */
  readonly tokens: Uint32Array;
}

/** What the queries may see: every token, or these. */
export type VisibleTokens =
  | { readonly tag: "everything" }
  | { readonly tag: "only"; readonly value: TokenSets };

/** Memory traffic of deciding, summed over a layer's heads. */
export interface PolicyAccess {
  readonly kind: typeof ACCESS_KINDS[number];
  readonly direction: typeof ACCESS_DIRECTIONS[number];
  readonly bytes: number;
  readonly pieces: number;
}

/** Clustering work. */
interface PolicyClustering {
  readonly windows: number;
  readonly tokens: number;
  readonly clusters: number;
  readonly iterations: number;
}

/** Slots of consecutive tokens, `[heads, n]`. A token without a stated slot has that of its index. */
export interface SlotPlacement {
  readonly per: HeadUnit;
  readonly firstToken: number;
  readonly slots: Uint32Array;
}

/** What a policy may say of a step. */
export interface PolicySelection {
  readonly visible?: VisibleTokens;
  readonly accesses?: readonly PolicyAccess[];
}

/** What a policy may change. */
export interface PolicyUpdate {
  readonly evicted?: TokenSets;
  readonly placement?: SlotPlacement;
  readonly clusterings?: readonly PolicyClustering[];
  readonly accesses?: readonly PolicyAccess[];
}
