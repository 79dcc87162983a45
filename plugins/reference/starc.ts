/**
 * For tests only: STARC (ASPLOS 2026; EPIC-RPI/STARC, evaluation/starc_attention.py).
 *
 * @module
 */
import { dot, f32, unit, type Vector } from "./float32.ts";
import { clusterTogether } from "./k_means.ts";
import { kMeansPlusPlus } from "./k_means_plus_plus.ts";
import { labelOrder } from "./label_order.ts";
import {
  type Access,
  type Clustering,
  type KeyBlock,
  ReferencePolicy,
  type Selection,
  selectionOf,
  type Shape,
  type StepQueries,
  type Update,
  updateOf,
} from "./policy.ts";
import { SplitMix64 } from "./random.ts";
import { range, ranking } from "./ranking.ts";

/** Parameters of STARC. */
export interface StarcSettings {
  /** Tokens of a prompt window; 0 for the whole prompt. */
  readonly windowTokens: number;
  readonly clusterTokens: number;
  readonly intervalTokens: number;
  readonly iterations: number;
  readonly start: "first-keys" | "k-means++";
  /** Whether a full tail is clustered before the step that filled it attends, or after. */
  readonly flush: "before-attention" | "after-attention";
}

/** What the artifact and the published paper use. */
export const ASPLOS26: StarcSettings = {
  windowTokens: 64,
  clusterTokens: 16,
  intervalTokens: 64,
  iterations: 16,
  start: "first-keys",
  flush: "before-attention",
};

/** What the first version of the paper used. */
export const ARXIV_V1: StarcSettings = {
  windowTokens: 0,
  clusterTokens: 32,
  intervalTokens: 128,
  iterations: 15,
  start: "k-means++",
  flush: "before-attention",
};

interface Cluster {
  readonly centroid: Vector;
  readonly tokens: readonly number[];
}

/** Whole clusters of keys by the score of their centroid. */
export class StarcReference extends ReferencePolicy {
  /** By KV head, in the order in which they lie in memory. */
  readonly #clusters: Cluster[][] = range(0, this.shape.kvHeads).map(() => []);
  readonly #random = new SplitMix64(this.shape.seed);
  /** Tokens that lie in clusters; the rest is the tail. */
  #clustered = 0;
  #steps = 0;

  constructor(shape: Shape, private readonly settings: StarcSettings) {
    super(shape);
  }

  override append(block: KeyBlock): Update {
    const first = this.#clustered;
    const clusterings: Clustering[] = [];
    const accesses: Access[] = [];
    for (const token of range(0, block[0]?.length ?? 0)) {
      const late = this.settings.flush === "after-attention";
      if (late) this.#flushIfDue(clusterings, accesses);
      super.append(block.map((keys) => keys.slice(token, token + 1)));
      this.#steps++;
      if (!late) this.#flushIfDue(clusterings, accesses);
    }
    if (this.#clustered === first) return updateOf();
    const slots = this.#clusters.map((clusters) => {
      const order = clusters.flatMap((cluster) => cluster.tokens);
      return range(first, this.#clustered).map((token) => order.indexOf(token));
    });
    return updateOf({
      placement: { per: "kv-head", firstToken: first, slots },
      clusterings,
      accesses,
    });
  }

  /** The prompt is due at the first step, whatever is in the tail once it is long enough. */
  #flushIfDue(clusterings: Clustering[], accesses: Access[]): void {
    const tail = this.length - this.#clustered;
    const late = this.settings.flush === "after-attention";
    const first = late ? this.#steps === 0 : this.#steps === 1;
    const window = first && this.settings.windowTokens > 0
      ? this.settings.windowTokens
      : first
      ? tail
      : this.settings.intervalTokens;
    if (!first && tail < this.settings.intervalTokens) return;
    while (this.#clustered < this.length) {
      this.#clusterWindow(Math.min(window, this.length - this.#clustered), clusterings, accesses);
    }
  }

  #clusterWindow(tokens: number, clusterings: Clustering[], accesses: Access[]): void {
    const first = this.#clustered;
    const points = this.keys.map((keys) =>
      keys.slice(first, first + tokens).map((key) => unit(key))
    );
    const count = Math.ceil(tokens / this.settings.clusterTokens);
    const starts = points.map((own) =>
      this.settings.start === "first-keys"
        ? own.slice(0, count)
        : kMeansPlusPlus(own, count, this.#random)
    );
    const { clusters, iterations } = clusterTogether(points, starts, this.settings.iterations);
    clusters.forEach(({ labels, centroids }, head) => {
      const order = labelOrder(labels);
      centroids.forEach((centroid, label) => {
        const members = order.filter((token) => labels[token] === label);
        this.#clusters[head]?.push({ centroid, tokens: members.map((token) => first + token) });
      });
    });
    this.#clustered += tokens;
    const heads = this.shape.kvHeads;
    const work = { windows: heads, tokens, clusters: count, iterations: iterations * heads };
    addClustering(clusterings, work);
    addAccess(accesses, {
      kind: "centroids",
      direction: "write",
      bytes: count * heads * this.vectorBytes,
      pieces: heads,
    });
  }

  override select({ queries }: StepQueries): Selection {
    const tail = range(this.#clustered, this.length);
    const sets = queries.map((query, head) => {
      const clusters = this.#clusters[Math.floor(head / this.group)] ?? [];
      const scale = f32(Math.sqrt(this.shape.headDim));
      const scores = clusters.map(({ centroid }) => f32(dot(centroid, query) / scale));
      const best = ranking(scores).flatMap((label) => clusters[label]?.tokens ?? []);
      return [...best.slice(0, Math.max(this.shape.budget - tail.length, 0)), ...tail];
    });
    const centroids = this.#clusters.reduce((total, { length }) => total + length, 0);
    return selectionOf({ per: "query-head", sets }, [{
      kind: "centroids",
      direction: "read",
      bytes: centroids * this.vectorBytes,
      pieces: this.shape.kvHeads,
    }]);
  }
}

/** Windows of the same shape, one after the other, are one entry. */
function addClustering(all: Clustering[], work: Clustering): void {
  const last = all.at(-1);
  if (last?.tokens !== work.tokens || last.clusters !== work.clusters) {
    all.push(work);
    return;
  }
  all[all.length - 1] = {
    ...work,
    windows: last.windows + work.windows,
    iterations: last.iterations + work.iterations,
  };
}

/** The centroids of an update are one entry. */
function addAccess(all: Access[], access: Access): void {
  const last = all.at(-1);
  all[0] = last === undefined ? access : { ...access, bytes: last.bytes + access.bytes };
}
