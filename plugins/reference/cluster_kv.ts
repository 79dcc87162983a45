/**
 * For tests only: ClusterKV (arXiv 2412.03213; sjtu-zhao-lab/ClusterKV,
 * accuracy/cluster_attention.py).
 *
 * @module
 */
import { at, dot, mean, unit, type Vector } from "./float32.ts";
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
import { ordered, range, ranking } from "./ranking.ts";

/** Parameters of ClusterKV. */
export interface ClusterKvSettings {
  readonly sinkTokens: number;
  readonly clusters: number;
  readonly iterations: number;
  /** New tokens clustered together; 0 for never. */
  readonly windowTokens: number;
  readonly windowClusters: number;
}

interface Cluster {
  readonly centroid: Vector;
  readonly tokens: readonly number[];
}

/** Clusters of the prompt's keys by the score of their centroid. */
export class ClusterKvReference extends ReferencePolicy {
  readonly #clusters: Cluster[][] = range(0, this.shape.kvHeads).map(() => []);
  readonly #random = new SplitMix64(this.shape.seed);
  /** Tokens that are sinks or lie in clusters. */
  #settled = 0;
  #everything = true;

  constructor(shape: Shape, private readonly settings: ClusterKvSettings) {
    super(shape);
  }

  override endPrefill(): Update {
    this.#settled = Math.min(this.settings.sinkTokens, this.length, this.shape.budget);
    this.#everything = this.length <= this.shape.budget;
    if (this.#everything) return updateOf();
    return this.#clusterNewest(this.settings.clusters);
  }

  override append(block: KeyBlock): Update {
    const work: Clustering[] = [];
    const accesses: Access[] = [];
    for (const token of range(0, block[0]?.length ?? 0)) {
      super.append(block.map((keys) => keys.slice(token, token + 1)));
      const { windowTokens, windowClusters } = this.settings;
      if (this.#everything || windowTokens === 0) continue;
      if (this.length - this.#settled < windowTokens) continue;
      const update = this.#clusterNewest(windowClusters);
      work.push(...update.clusterings);
      accesses.push(...update.accesses);
    }
    return updateOf({ clusterings: work, accesses });
  }

  /** Clusters the tokens that are in no cluster yet, one KV head after the other. */
  #clusterNewest(most: number): Update {
    const first = this.#settled;
    const tokens = this.length - first;
    const clusters = Math.min(most, tokens);
    let iterations = 0;
    this.keys.forEach((keys, head) => {
      const points = keys.slice(first);
      const start = distinct(tokens, clusters, this.#random).map((i) => points[i] ?? []);
      const found = cosineKMeans(points, start, this.settings.iterations);
      iterations += found.iterations;
      found.centroids.forEach((centroid, label) => {
        const members = range(0, tokens).filter((i) => found.labels[i] === label);
        this.#clusters[head]?.push({ centroid, tokens: members.map((i) => first + i) });
      });
    });
    this.#settled = this.length;
    const windows = this.shape.kvHeads;
    const bytes = clusters * windows * this.vectorBytes;
    return updateOf({
      clusterings: [{ windows, tokens, clusters, iterations }],
      accesses: [{ kind: "centroids", direction: "write", bytes, pieces: windows }],
    });
  }

  override select({ queries }: StepQueries): Selection {
    if (this.#everything) return selectionOf("everything");
    const sinks = range(0, Math.min(this.settings.sinkTokens, this.shape.budget));
    const newest = range(this.#settled, this.length);
    const sets = queries.map((query, head) => {
      const clusters = this.#clusters[Math.floor(head / this.group)] ?? [];
      const scores = clusters.map(({ centroid }) => dot(centroid, query));
      const best = ranking(scores).flatMap((label) => clusters[label]?.tokens ?? []);
      return [...sinks, ...best.slice(0, this.shape.budget - sinks.length), ...newest];
    });
    const count = this.#clusters[0]?.length ?? 0;
    const bytes = count * this.vectorBytes * this.shape.kvHeads;
    return selectionOf({ per: "query-head", sets }, [
      { kind: "centroids", direction: "read", bytes, pieces: this.shape.kvHeads },
    ]);
  }
}

/** Some of the first `length` whole numbers, evenly drawn, ascending (Knuth's algorithm S). */
export function distinct(length: number, count: number, random: SplitMix64): number[] {
  let wanted = count;
  return range(0, length).filter((i) => {
    const taken = wanted > 0 && random.below(length - i) < wanted;
    if (taken) wanted--;
    return taken;
  });
}

/** k-means by cosine; centroids are means of the points as they are. Ends when labels stay. */
function cosineKMeans(points: readonly Vector[], start: readonly Vector[], most: number) {
  let centroids = start;
  let labels: number[] = points.map(() => -1);
  for (let iteration = 1; iteration <= most; iteration++) {
    const directions = centroids.map((centroid) => unit(centroid));
    const next = points.map((point) => {
      let best = 0;
      let largest = -Infinity;
      directions.forEach((direction, label) => {
        const cosine = ordered(dot(point, direction));
        if (cosine > largest) [best, largest] = [label, cosine];
      });
      return best;
    });
    const changed = next.some((label, i) => label !== at(labels, i));
    labels = next;
    centroids = centroids.map((old, label) =>
      mean(points.filter((_, i) => labels[i] === label), old.length)
    );
    if (!changed) return { labels, centroids, iterations: iteration };
  }
  return { labels, centroids, iterations: most };
}
