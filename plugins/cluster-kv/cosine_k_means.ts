// k-means by cosine.
import { divide, dotTwo } from "kvpim/k_means";
import { KeyStore } from "kvpim/key_store";
import { Random } from "kvpim/random";
import { address, addTo, dot } from "kvpim/vectors";

/** Clusters of one KV head's keys. Centroids are means of the keys as they are. */
export class CosineKMeans {
  /** Cluster of each key. */
  readonly labels: StaticArray<i32>;
  private centroids: StaticArray<f32>;
  /** The centroids scaled to length one. */
  private directions: StaticArray<f32>;
  /** Of the key being labelled with each direction, times the key's length. */
  private cosines: StaticArray<f32>;
  private dim: i32;

  constructor(
    private keys: KeyStore,
    private head: i32,
    private first: i32,
    private clusters: i32,
  ) {
    this.labels = new StaticArray<i32>(keys.length - first);
    this.centroids = new StaticArray<f32>(clusters * keys.headDim);
    this.directions = new StaticArray<f32>(clusters * keys.headDim);
    this.cosines = new StaticArray<f32>(clusters);
    this.dim = keys.headDim;
    this.labels.fill(-1);
  }

  /** Makes random keys the first centroids (Knuth's algorithm S). */
  start(random: Random): void {
    let drawn = 0;
    for (let i = 0; drawn < this.clusters; i++) {
      const wanted = <u32> (this.clusters - drawn);
      if (random.below(this.labels.length - i) >= wanted) continue;
      memory.copy(
        address(this.centroids, drawn * this.dim),
        this.keys.at(this.head, this.first + i),
        (<usize> this.dim) << 2,
      );
      drawn++;
    }
  }

  /** Iterates until no label changes; gives how many iterations it took. */
  run(most: i32): i32 {
    for (let iteration = 1; iteration <= most; iteration++) {
      this.normalise();
      const changed = this.assign();
      this.average();
      if (!changed) return iteration;
    }
    return most;
  }

  /** Writes [clusters, dim] numbers. */
  copyCentroids(into: usize): void {
    memory.copy(into, address(this.centroids), (<usize> this.centroids.length) << 2);
  }

  private normalise(): void {
    const bytes = (<usize> this.centroids.length) << 2;
    memory.copy(address(this.directions), address(this.centroids), bytes);
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      const direction = address(this.directions, cluster * this.dim);
      const length = sqrt<f32>(dot(direction, direction, this.dim));
      divide(direction, max<f32>(length, 1e-12), this.dim);
    }
  }

  /** Labels every key by cosine, the lowest of equals. Whether any label changed. */
  private assign(): bool {
    let changed = false;
    for (let i = 0; i < this.labels.length; i++) {
      const key = this.keys.at(this.head, this.first + i);
      const best = this.nearest(key);
      if (unchecked(this.labels[i]) !== best) changed = true;
      unchecked(this.labels[i] = best);
    }
    return changed;
  }

  private nearest(key: usize): i32 {
    const dim = this.dim;
    const bytes = (<usize> dim) << 2;
    const pairs = this.clusters & ~1;
    for (let cluster = 0; cluster < pairs; cluster += 2) {
      const direction = address(this.directions, cluster * dim);
      dotTwo(key, direction, direction + bytes, dim, address(this.cosines, cluster));
    }
    if (pairs < this.clusters) {
      this.cosines[pairs] = dot(key, address(this.directions, pairs * dim), dim);
    }
    let best = 0;
    let largest: f32 = -f32.MAX_VALUE * 2;
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      const cosine = unchecked(this.cosines[cluster]);
      if (cosine > largest) {
        largest = cosine;
        best = cluster;
      }
    }
    return best;
  }

  private average(): void {
    const counts = new StaticArray<i32>(this.clusters);
    memory.fill(address(this.centroids), 0, (<usize> this.centroids.length) << 2);
    for (let i = 0; i < this.labels.length; i++) {
      const label = unchecked(this.labels[i]);
      counts[label]++;
      const centroid = address(this.centroids, label * this.dim);
      addTo(centroid, this.keys.at(this.head, this.first + i), this.dim);
    }
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      const count = <f32> max(counts[cluster], 1);
      divide(address(this.centroids, cluster * this.dim), count, this.dim);
    }
  }
}
