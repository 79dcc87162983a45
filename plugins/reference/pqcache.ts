/**
 * For tests only: PQCache (arXiv 2407.12820; HugoZHL/PQCache,
 * vq_method/retrieval_based/pq_search.py).
 *
 * @module
 */
import { at, dot, exponential, f32, sum, sumOfLanes, type Vector } from "./float32.ts";
import { distinct } from "./cluster_kv.ts";
import { Centroids, clusterTogether } from "./k_means.ts";
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
import { ordered, range, topK } from "./ranking.ts";

/** Parameters of PQCache. */
export interface PqcacheSettings {
  readonly sinkTokens: number;
  readonly parts: number;
  readonly bits: number;
  readonly recentFraction: number;
  readonly iterations: number;
}

/** Tokens whose product-quantised keys get the most attention of a group. */
export class PqcacheReference extends ReferencePolicy {
  /** `#centroids[kvHead][part]` */
  #centroids: Vector[][][] = [];
  readonly #random = new SplitMix64(this.shape.seed);

  constructor(shape: Shape, private readonly settings: PqcacheSettings) {
    super(shape);
  }

  get #sinks(): number {
    return Math.min(this.settings.sinkTokens, this.shape.budget - 1);
  }

  /** Newest tokens always attended to, the current one among them. */
  get #recent(): number {
    const free = this.shape.budget - 1 - this.#sinks;
    return Math.floor(free * this.settings.recentFraction) + 1;
  }

  override endPrefill(): Update {
    const points = this.length - this.#sinks;
    if (points <= 0) return updateOf();
    const clusters = Math.min(2 ** this.settings.bits, points);
    let iterations = 0;
    this.#centroids = this.keys.map((keys) =>
      range(0, this.settings.parts).map((part) => {
        const own = keys.slice(this.#sinks).map((key) => this.#part(key, part));
        const start = distinct(points, clusters, this.#random).map((i) => own[i] ?? []);
        const found = clusterTogether([own], [start], this.settings.iterations);
        iterations += found.iterations;
        return [...found.clusters[0]?.centroids ?? []];
      })
    );
    const windows = this.shape.kvHeads * this.settings.parts;
    const work: Clustering = { windows, tokens: points, clusters, iterations };
    return updateOf({
      clusterings: [work],
      accesses: [this.#centroidTraffic("write"), this.#codeTraffic("write", points)],
    });
  }

  override append(block: KeyBlock): Update {
    super.append(block);
    if (this.#centroids.length === 0) return updateOf();
    return updateOf({ accesses: [this.#codeTraffic("write", block[0]?.length ?? 0)] });
  }

  override select({ queries }: StepQueries): Selection {
    const oldest = Math.max(this.length - this.#recent, 0);
    const sinks = range(0, Math.min(this.#sinks, oldest));
    const newest = range(oldest, this.length);
    const candidates = range(sinks.length, oldest);
    const wanted = this.shape.budget - sinks.length - newest.length;
    if (candidates.length <= wanted) return selectionOf("everything");
    if (this.#centroids.length === 0) return this.#newest(sinks);
    const sets = range(0, this.shape.kvHeads).map((kvHead) => {
      const group = queries.slice(kvHead * this.group, (kvHead + 1) * this.group);
      const codes = this.#codes(kvHead, candidates);
      const shares = group.map((query) => this.#shares(query, kvHead, codes));
      const sums = candidates.map((_, i) => sum(shares.map((own) => at(own, i))));
      return [...sinks, ...topK(sums, wanted).map((i) => at(candidates, i)), ...newest];
    });
    return selectionOf({ per: "kv-head", sets }, [
      this.#centroidTraffic("read"),
      this.#codeTraffic("read", candidates.length),
    ]);
  }

  /** Where the prompt was too short to make centroids from: sinks and the newest tokens. */
  #newest(sinks: readonly number[]): Selection {
    const first = this.length - (this.shape.budget - sinks.length);
    const tokens = [...sinks, ...range(first, this.length)];
    return selectionOf({ per: "kv-head", sets: range(0, this.shape.kvHeads).map(() => tokens) });
  }

  /** The nearest centroid of each part of the candidates' keys: `[part][candidate]`. */
  #codes(kvHead: number, candidates: readonly number[]): number[][] {
    return (this.#centroids[kvHead] ?? []).map((own, part) => {
      const centroids = new Centroids(own);
      return candidates.map((token) =>
        centroids.nearest(this.#part(this.keys[kvHead]?.[token] ?? [], part))
      );
    });
  }

  /** A query's attention over the candidates, from tables of its products with the centroids. */
  #shares(query: Vector, kvHead: number, codes: readonly number[][]): number[] {
    const centroids = this.#centroids[kvHead] ?? [];
    const tables = centroids.map((own, part) =>
      own.map((centroid) => dot(centroid, this.#part(query, part)))
    );
    const scale = f32(Math.sqrt(this.shape.headDim));
    const logits = range(0, codes[0]?.length ?? 0).map((i) =>
      f32(sum(codes.map((own, part) => at(tables[part] ?? [], at(own, i)))) / scale)
    );
    const largest = logits.map(ordered).reduce((a, b) => Math.max(a, b), -Infinity);
    const weights = logits.map((logit) => exponential(f32(logit - largest)));
    const total = f32(sumOfLanes(weights));
    return weights.map((weight) => f32(weight / total));
  }

  #part(vector: Vector, part: number): number[] {
    const length = this.shape.headDim / this.settings.parts;
    return range(part * length, (part + 1) * length).map((channel) => at(vector, channel));
  }

  #centroidTraffic(direction: Access["direction"]): Access {
    const clusters = this.#centroids[0]?.[0]?.length ?? 0;
    const bytes = clusters * this.vectorBytes * this.shape.kvHeads;
    return { kind: "centroids", direction, bytes, pieces: this.shape.kvHeads };
  }

  #codeTraffic(direction: Access["direction"], tokens: number): Access {
    const { parts, bits } = this.settings;
    const bytes = Math.ceil(tokens * parts * bits / 8) * this.shape.kvHeads;
    return { kind: "codes", direction, bytes, pieces: this.shape.kvHeads };
  }
}
