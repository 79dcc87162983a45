// One part of every key of one KV head, as the number of its nearest centroid.
import { KMeans } from "kvpim/k_means";
import { KeyStore } from "kvpim/key_store";
import { Random } from "kvpim/random";
import { address, dot } from "kvpim/vectors";

/** Centroids of one part, and the code of each token from the first non-sink on. */
export class Codebook {
  private dim: i32;
  /** Bytes from the start of a vector to the part. */
  private offset: usize;
  private points: StaticArray<f32>;
  private centroids: StaticArray<f32> = new StaticArray<f32>(0);
  private lengths: StaticArray<f32> = new StaticArray<f32>(0);
  private codes: Array<u8> = [];

  /** @param first The first token that gets a code */
  constructor(keys: KeyStore, head: i32, first: i32, part: i32, parts: i32) {
    const dim = keys.headDim / parts;
    const offset = (<usize> (part * dim)) << 2;
    const points = new StaticArray<f32>((keys.length - first) * dim);
    for (let token = first; token < keys.length; token++) {
      const to = address(points, (token - first) * dim);
      memory.copy(to, keys.at(head, token) + offset, (<usize> dim) << 2);
    }
    this.dim = dim;
    this.offset = offset;
    this.points = points;
  }

  get clusters(): i32 {
    return this.lengths.length;
  }

  /** Finds centroids, beginning with random keys, and codes the keys; gives the iterations. */
  train(clusters: i32, mostIterations: i32, random: Random): i32 {
    const count = this.points.length / this.dim;
    const means = new KMeans(this.points, count, clusters, this.dim);
    startRandom(means, random);
    let iterations = 1;
    while (!means.iterate() && iterations < mostIterations) iterations++;
    this.centroids = means.centroids;
    this.lengths = new StaticArray<f32>(clusters);
    for (let cluster = 0; cluster < clusters; cluster++) {
      const centroid = address(this.centroids, cluster * this.dim);
      this.lengths[cluster] = dot(centroid, centroid, this.dim);
    }
    for (let i = 0; i < count; i++) {
      this.codes.push(this.nearest(address(this.points, i * this.dim)));
    }
    this.points = new StaticArray<f32>(0);
    return iterations;
  }

  /** Codes the next token. */
  push(key: usize): void {
    this.codes.push(this.nearest(key + this.offset));
  }

  private nearest(point: usize): u8 {
    const length = dot(point, point, this.dim);
    let best = 0;
    let least: f32 = f32.MAX_VALUE * 2;
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      const product = dot(point, address(this.centroids, cluster * this.dim), this.dim);
      const distance = length + unchecked(this.lengths[cluster]) - 2 * product;
      if (distance < least) {
        least = distance;
        best = cluster;
      }
    }
    return <u8> best;
  }

  /** Adds the products of a query's part with the first tokens' centroids to `sums`. */
  addProducts(query: usize, sums: StaticArray<f32>, count: i32): void {
    const table = new StaticArray<f32>(this.clusters);
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      const centroid = address(this.centroids, cluster * this.dim);
      table[cluster] = dot(centroid, query + this.offset, this.dim);
    }
    const codes = this.codes;
    for (let i = 0; i < count; i++) {
      unchecked(sums[i] = sums[i] + unchecked(table[unchecked(codes[i])]));
    }
  }
}

/** Makes random points the first centroids (Knuth's algorithm S). */
function startRandom(means: KMeans, random: Random): void {
  let drawn = 0;
  for (let i = 0; drawn < means.clusters; i++) {
    const wanted = <u32> (means.clusters - drawn);
    if (random.below(means.count - i) >= wanted) continue;
    means.start(drawn, i);
    drawn++;
  }
}
