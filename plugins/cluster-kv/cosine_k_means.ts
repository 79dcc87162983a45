// k-means by cosine, which leaves out products that cannot matter.
import { KeyStore } from "kvpim/key_store";
import { Random } from "kvpim/random";
import { address, addTo, divide, dot, sumLanes } from "kvpim/vectors";
import { roughness, roughProducts, RoughVectors } from "./rough_vectors";

/** Most bounds that are kept: 256 MiB. */
const MOST_BOUNDS: i32 = 1 << 26;
/** Added to every move: more than adding bounds up in f32 can lose, in units of the key's length. */
const ROUNDING: f32 = 1e-4;
/** Lengths from which on products may overflow, and below which their squares may underflow. */
const LONGEST: f32 = 1e18;
const SHORTEST: f32 = 1e-17;

/**
 * Clusters of keys, one KV head after the other. Centroids are means of the keys as they are; a key
 * belongs to the centroid whose direction has the largest product with it, the lowest of equals.
 *
 * Most products cannot matter, and are never computed. By the inequality of Cauchy and Schwarz a
 * product changes by no more than the key's length times the way the direction went: what bounded it
 * once bounds it later (Elkan, "Using the triangle inequality to accelerate k-means", ICML 2003).
 * Where that is not enough, a product in 16-bit numbers bounds it anew; only where that could be the
 * largest it is computed. Labels are the same as if all were.
 */
export class CosineKMeans {
  /** Cluster of each key. */
  readonly labels: StaticArray<i32>;
  private head: i32 = 0;
  private dim: i32;
  /** Clusters, rounded up to whole vectors. */
  private stride: i32;
  private centroids: StaticArray<f32>;
  /** The centroids scaled to length one, now and in the iteration before. */
  private directions: StaticArray<f32>;
  private before: StaticArray<f32>;
  /** By cluster: how far its direction went in all, at most. */
  private moves: StaticArray<f32>;
  /** By key: its length, at least; infinite where products may overflow. */
  private lengths: StaticArray<f32>;
  /**
   * By key and cluster: what the product was at most, less length times moves as they were then. The
   * last row is of every key for which there is no room.
   */
  private bounds: StaticArray<f32>;
  /** Keys whose bounds are kept. */
  private bounded: i32;
  private roughKeys: RoughVectors;
  private roughDirections: RoughVectors;
  private roughness: f32;

  /** @param first The first key that takes part, of `keys` */
  constructor(private keys: KeyStore, private first: i32, private clusters: i32) {
    const count = keys.length - first;
    const dim = keys.headDim;
    const stride = (clusters + 3) & ~3;
    const bounded = min(count, MOST_BOUNDS / stride);
    this.dim = dim;
    this.stride = stride;
    this.bounded = bounded;
    this.labels = new StaticArray<i32>(count);
    this.centroids = new StaticArray<f32>(clusters * dim);
    this.directions = new StaticArray<f32>(clusters * dim);
    this.before = new StaticArray<f32>(clusters * dim);
    this.moves = new StaticArray<f32>(stride);
    this.lengths = new StaticArray<f32>(count);
    this.bounds = new StaticArray<f32>((bounded + 1) * stride);
    this.roughKeys = new RoughVectors(count, dim);
    this.roughDirections = new RoughVectors(stride, dim);
    this.roughness = roughness(dim);
  }

  /** Makes random keys of a head the first centroids (Knuth's algorithm S). */
  start(head: i32, random: Random): void {
    this.head = head;
    this.labels.fill(-1);
    this.moves.fill(0);
    let drawn = 0;
    for (let i = 0; i < this.labels.length; i++) {
      const length = lengthOf(this.key(i), this.dim);
      unchecked(this.lengths[i] = length);
      this.roughKeys.set(i, this.key(i), length);
      const wanted = <u32> (this.clusters - drawn);
      if (wanted === 0 || random.below(this.labels.length - i) >= wanted) continue;
      memory.copy(this.at(this.centroids, drawn), this.key(i), (<usize> this.dim) << 2);
      drawn++;
    }
  }

  /** Iterates until no label changes; gives how many iterations it took. */
  run(most: i32): i32 {
    for (let iteration = 1; iteration <= most; iteration++) {
      this.normalise();
      if (iteration > 1) this.move();
      const changed = this.assign(iteration > 1);
      this.average();
      if (!changed) return iteration;
    }
    return most;
  }

  /** Writes [clusters, dim] numbers. */
  copyCentroids(into: usize): void {
    memory.copy(into, address(this.centroids), (<usize> this.centroids.length) << 2);
  }

  private key(i: i32): usize {
    return this.keys.at(this.head, this.first + i);
  }

  private at(vectors: StaticArray<f32>, cluster: i32): usize {
    return address(vectors, cluster * this.dim);
  }

  private normalise(): void {
    const before = this.directions;
    this.directions = this.before;
    this.before = before;
    const bytes = (<usize> this.centroids.length) << 2;
    memory.copy(address(this.directions), address(this.centroids), bytes);
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      const direction = this.at(this.directions, cluster);
      const length = sqrt<f32>(dot(direction, direction, this.dim));
      divide(direction, max<f32>(length, 1e-12), this.dim);
      this.roughDirections.set(cluster, direction, 1);
    }
  }

  /** Adds up how far directions went; what is lost in adding up is made good for. */
  private move(): void {
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      const old = this.at(this.before, cluster);
      const moved = distance(old, this.at(this.directions, cluster), this.dim);
      const sum = unchecked(this.moves[cluster]) + moved + ROUNDING;
      unchecked(this.moves[cluster] = sum * <f32> 1.000001);
    }
  }

  /** Labels every key. Whether any label changed. */
  private assign(hasBounds: bool): bool {
    let changed = false;
    for (let i = 0; i < this.labels.length; i++) {
      const label = unchecked(this.labels[i]);
      const row = address(this.bounds, min(i, this.bounded) * this.stride);
      const bounded = hasBounds && i < this.bounded;
      const least: f32 = bounded ? this.product(i, label) : -f32.MAX_VALUE * 2;
      const best = this.nearest(i, row, bounded, least);
      if (label === best) continue;
      changed = true;
      unchecked(this.labels[i] = best);
    }
    return changed;
  }

  private product(i: i32, cluster: i32): f32 {
    return dot(this.key(i), this.at(this.directions, cluster), this.dim);
  }

  /** The cluster with the largest product, which is `least` or more; renews bounds. */
  private nearest(i: i32, row: usize, bounded: bool, least: f32): i32 {
    const lengths = f32x4.splat(unchecked(this.lengths[i]));
    let best = 0;
    let largest: f32 = -f32.MAX_VALUE * 2;
    let cluster = 0;
    while (true) {
      if (bounded) cluster = this.nextOpen(cluster, row, lengths, least);
      if (cluster >= this.clusters) return best;
      const most = this.boundFour(i, cluster, lengths);
      const moved = f32x4.mul(lengths, v128.load(address(this.moves, cluster)));
      v128.store(row + ((<usize> cluster) << 2), f32x4.sub(most, moved));
      for (let open = mayReach(most, least); open !== 0; open &= open - 1) {
        const one = cluster + ctz(open);
        if (one >= this.clusters) break;
        const product = this.product(i, one);
        if (product > largest) {
          largest = product;
          best = one;
        }
      }
      least = max(least, largest);
      cluster += 4;
    }
  }

  /**
   * The first group of four clusters from the given one on of which a bound reaches `least`. Most
   * groups are passed over here: fuel is charged for a whole loop body, so this one is short.
   */
  private nextOpen(cluster: i32, row: usize, lengths: v128, least: f32): i32 {
    const leasts = f32x4.splat(least);
    const end = address(this.moves, this.clusters);
    let moves = address(this.moves, cluster);
    row += (<usize> cluster) << 2;
    while (moves < end) {
      const bounds = f32x4.add(v128.load(row), f32x4.mul(lengths, v128.load(moves)));
      if (i32x4.bitmask(f32x4.lt(bounds, leasts)) !== 15) break;
      row += 16;
      moves += 16;
    }
    return <i32> ((moves - address(this.moves)) >> 2);
  }

  /** What a key's products with four clusters are at most. */
  private boundFour(i: i32, cluster: i32, lengths: v128): v128 {
    const bytes = (<usize> this.roughKeys.width) << 1;
    const first = this.roughDirections.at(cluster);
    const roughs = roughProducts(
      this.roughKeys.at(i),
      first,
      first + bytes,
      first + 2 * bytes,
      first + 3 * bytes,
      this.roughKeys.width,
    );
    // Two products, so that a key of infinite length gives NaN.
    const slack = f32x4.mul(lengths, f32x4.splat(this.roughness));
    return f32x4.add(f32x4.mul(lengths, roughs), slack);
  }

  private average(): void {
    const counts = new StaticArray<i32>(this.clusters);
    memory.fill(address(this.centroids), 0, (<usize> this.centroids.length) << 2);
    for (let i = 0; i < this.labels.length; i++) {
      const label = unchecked(this.labels[i]);
      counts[label]++;
      addTo(this.at(this.centroids, label), this.key(i), this.dim);
    }
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      const count = <f32> max(counts[cluster], 1);
      divide(this.at(this.centroids, cluster), count, this.dim);
    }
  }
}

/** At least the length of a vector. */
function lengthOf(vector: usize, dim: i32): f32 {
  const length = max<f32>(sqrt<f32>(dot(vector, vector, dim)), SHORTEST) * <f32> 1.0001;
  return length < LONGEST ? length : f32.MAX_VALUE * 2;
}

function distance(a: usize, b: usize, dim: i32): f32 {
  let sum = f32x4.splat(0);
  for (const end = a + ((<usize> dim) << 2); a < end; a += 16, b += 16) {
    const difference = f32x4.sub(v128.load(a), v128.load(b));
    sum = f32x4.add(sum, f32x4.mul(difference, difference));
  }
  return sqrt<f32>(sumLanes(sum));
}

/** Which of four bounds are not below a product, a bit each; NaN is below nothing. */
function mayReach(bounds: v128, product: f32): i32 {
  return i32x4.bitmask(f32x4.lt(bounds, f32x4.splat(product))) ^ 15;
}
