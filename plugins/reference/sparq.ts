/**
 * For tests only: SparQ (arXiv 2312.04985; graphcore-research/llm-inference-research,
 * llminference/methods/ann_attention.py).
 *
 * @module
 */
import { at, exponential, f32, sum, sumOfLanes, type Vector } from "./float32.ts";
import {
  type KeyBlock,
  ReferencePolicy,
  type Selection,
  selectionOf,
  type Shape,
  type StepQueries,
  type Update,
  updateOf,
} from "./policy.ts";
import { ordered, range, topK } from "./ranking.ts";

/** Parameters of SparQ. */
export interface SparqSettings {
  readonly rank: number;
  /** Share of `budget - 1` that goes to the newest tokens. */
  readonly localFraction: number;
  readonly meanValue: "without-groups" | "always" | "never";
}

/** Tokens with the largest scores over the channels where the queries are largest. */
export class SparqReference extends ReferencePolicy {
  constructor(shape: Shape, private readonly settings: SparqSettings) {
    super(shape);
  }

  override append(block: KeyBlock): Update {
    super.append(block);
    const vectors = (block[0]?.length ?? 0) * this.shape.kvHeads;
    return updateOf({
      accesses: [{
        kind: "key-channels",
        direction: "write",
        bytes: vectors * this.vectorBytes,
        pieces: vectors * this.shape.headDim,
      }],
    });
  }

  override select({ queries }: StepQueries): Selection {
    const scores: number[][] = [];
    const sets = range(0, this.shape.kvHeads).map((kvHead) => {
      const group = queries.slice(kvHead * this.group, (kvHead + 1) * this.group);
      const channels = this.#channels(group);
      const own = group.map((query) => this.#approximate(this.keys[kvHead] ?? [], query, channels));
      scores.push(...own);
      return this.#keep(own);
    });
    return selectionOf({ per: "kv-head", sets }, [{
      kind: "key-channels",
      direction: "read",
      bytes: this.length * this.#rank() * this.shape.elementBytes * this.shape.kvHeads,
      pieces: this.#rank() * this.shape.kvHeads,
    }], this.#meanValueWeights(scores, sets));
  }

  #rank(): number {
    return Math.min(this.settings.rank, this.shape.headDim);
  }

  /** Step 1: the channels where the queries of a group are largest together. */
  #channels(group: readonly Vector[]): number[] {
    const magnitudes = range(0, this.shape.headDim).map((channel) =>
      sum(group.map((query) => Math.abs(at(query, channel))))
    );
    return topK(magnitudes, this.#rank());
  }

  /** Step 2: scores over some channels, from the lowest, scaled for what they leave out. */
  #approximate(keys: readonly Vector[], query: Vector, channels: number[]): number[] {
    const chosen = sum(channels.map((channel) => Math.abs(at(query, channel))));
    const all = sum(Array.from(query, Math.abs));
    const temperature = f32(Math.sqrt(f32(f32(this.shape.headDim * chosen) / all)));
    return keys.map((key) => {
      const products = channels.map((channel) => f32(at(query, channel) * at(key, channel)));
      return f32(sum(products) / temperature);
    });
  }

  /** Step 3: the newest tokens, then those with the largest scores summed over the group. */
  #keep(scores: number[][]): number[] {
    const older = Math.max(this.length - this.#local() - 1, 0);
    const sums = range(0, older).map((token) => sum(scores.map((own) => at(own, token))));
    const newest = range(older, this.length);
    return [...topK(sums, this.shape.budget - newest.length), ...newest];
  }

  #local(): number {
    return Math.round((this.shape.budget - 1) * this.settings.localFraction);
  }

  /** Step 4: the share of attention that the kept tokens do not have. */
  #meanValueWeights(scores: number[][], sets: number[][]): number[] {
    const { meanValue } = this.settings;
    if (meanValue === "never" || (meanValue === "without-groups" && this.group > 1)) return [];
    return scores.map((own, head) => {
      const largest = own.map(ordered).reduce((a, b) => Math.max(a, b));
      const weights = own.map((score) => exponential(f32(score - largest)));
      const kept = new Set(sets[Math.floor(head / this.group)]);
      const keptWeights = weights.map((weight, token) => kept.has(token) ? weight : 0);
      const share = sumOfLanes(keptWeights) / sumOfLanes(weights);
      return share > 0 ? f32(1 - share) : 1;
    });
  }
}
