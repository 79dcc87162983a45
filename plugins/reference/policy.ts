/**
 * For tests only: what every reference policy looks like. References are small and slow: plain
 * arrays, one function a step of the algorithm, the same order of arithmetic as the plugin.
 *
 * @module
 */
import type { Vector } from "./float32.ts";
import { range } from "./ranking.ts";

/** The layer and run a policy works for. */
export interface Shape {
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly elementBytes: number;
  readonly budget: number;
  readonly seed: bigint;
}

/** A calibration file. */
export type Calibration = Uint8Array<ArrayBuffer>;

/** Keys of consecutive tokens: `keys[kvHead][token]`. */
export type KeyBlock = readonly (readonly Vector[])[];

/** Attention weights by query head: `weights[head][i]` is that of token `tokens[head][i]`. */
export interface Weights {
  readonly tokens: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
}

/** Queries of one decode step, by query head. */
export interface StepQueries {
  readonly queries: readonly Vector[];
  readonly speculated: readonly Vector[];
}

/** A token set for each head. */
export interface TokenSets {
  readonly per: "query-head" | "kv-head";
  readonly sets: readonly (readonly number[])[];
}

/** Memory traffic of deciding. */
export interface Access {
  readonly kind: string;
  readonly direction: "read" | "write";
  readonly bytes: number;
  readonly pieces: number;
}

/** What a step may see. */
export interface Selection {
  readonly visible: TokenSets | "everything";
  readonly bias: readonly number[];
  readonly meanValueWeights: readonly number[];
  readonly accesses: readonly Access[];
}

/** k-means work of some windows. */
export interface Clustering {
  readonly windows: number;
  readonly tokens: number;
  readonly clusters: number;
  readonly iterations: number;
}

/** Where tokens lie: `slots[head][i]` is the slot of token `firstToken + i`. */
export interface Placement {
  readonly per: "query-head" | "kv-head";
  readonly firstToken: number;
  readonly slots: readonly (readonly number[])[];
}

/** What changed in the cache. */
export interface Update {
  readonly evicted: TokenSets | null;
  readonly placement: Placement | null;
  readonly clusterings: readonly Clustering[];
  readonly accesses: readonly Access[];
}

/** A selection with nothing beside the token sets. */
export function selectionOf(
  visible: Selection["visible"],
  accesses: readonly Access[] = [],
  meanValueWeights: readonly number[] = [],
): Selection {
  return { visible, bias: [], meanValueWeights, accesses };
}

/** An update that changes only what is given. */
export function updateOf(changes: Partial<Update> = {}): Update {
  return { evicted: null, placement: null, clusterings: [], accesses: [], ...changes };
}

/** A policy that keeps every key it ever saw. */
export abstract class ReferencePolicy {
  /** `keys[kvHead][token]` */
  readonly keys: Vector[][];

  constructor(readonly shape: Shape) {
    this.keys = range(0, shape.kvHeads).map(() => []);
  }

  /** Tokens seen. */
  get length(): number {
    return this.keys[0]?.length ?? 0;
  }

  /** Query heads of one KV head. */
  get group(): number {
    return this.shape.queryHeads / this.shape.kvHeads;
  }

  /** Bytes of one vector in the simulated cache. */
  get vectorBytes(): number {
    return this.shape.headDim * this.shape.elementBytes;
  }

  /** Keys of the KV head a query head reads. */
  keysOf(queryHead: number): readonly Vector[] {
    return this.keys[Math.floor(queryHead / this.group)] ?? [];
  }

  prefill(block: KeyBlock): void {
    this.keys.forEach((keys, head) => keys.push(...(block[head] ?? [])));
  }

  endPrefill(_weights: Weights): Update {
    return updateOf();
  }

  append(block: KeyBlock): Update {
    this.prefill(block);
    return updateOf();
  }

  abstract select(step: StepQueries): Selection;

  observe(_weights: Weights): Update {
    return updateOf();
  }
}
