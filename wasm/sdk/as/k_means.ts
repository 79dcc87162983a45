// Lloyd's k-means with Euclidean distance, four lanes at a time.
import { address, addTo, divide, dot, sumLanes } from "kvpim/vectors";

/** Clusters of one set of points. Starts with whatever is written to `centroids`. */
export class KMeans {
  /** [clusters, dim] */
  centroids: StaticArray<f32>;
  /** Cluster of each point. */
  readonly labels: StaticArray<i32>;
  /** Points of each cluster. */
  readonly counts: StaticArray<i32>;
  private next: StaticArray<f32>;
  private pointLengths: StaticArray<f32>;
  private centroidLengths: StaticArray<f32>;
  private products: StaticArray<f32>;

  /** @param points [count, dim]; dim is a multiple of 4 */
  constructor(
    readonly points: StaticArray<f32>,
    readonly count: i32,
    readonly clusters: i32,
    readonly dim: i32,
  ) {
    this.centroids = new StaticArray<f32>(clusters * dim);
    this.next = new StaticArray<f32>(clusters * dim);
    this.labels = new StaticArray<i32>(count);
    this.counts = new StaticArray<i32>(clusters);
    this.pointLengths = new StaticArray<f32>(count);
    this.centroidLengths = new StaticArray<f32>(clusters);
    this.products = new StaticArray<f32>(clusters);
    for (let i = 0; i < count; i++) {
      const point = address(points, i * dim);
      unchecked(this.pointLengths[i] = dot(point, point, dim));
    }
  }

  /** Makes a point a centroid. */
  start(cluster: i32, point: i32): void {
    memory.copy(
      address(this.centroids, cluster * this.dim),
      address(this.points, point * this.dim),
      (<usize> this.dim) << 2,
    );
  }

  /**
   * Runs one iteration: labels by the present centroids, then the centroids of those labels.
   *
   * @returns Whether no element moved by more than 1e-4 + 1e-5 times its new magnitude
   */
  iterate(): bool {
    this.assign();
    this.average();
    const settled = closeTo(this.centroids, this.next, this.clusters * this.dim);
    const before = this.centroids;
    this.centroids = this.next;
    this.next = before;
    return settled;
  }

  /** Labels every point with its nearest centroid, the lowest of equals. */
  private assign(): void {
    const dim = this.dim;
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      const centroid = address(this.centroids, cluster * dim);
      unchecked(this.centroidLengths[cluster] = dot(centroid, centroid, dim));
    }
    for (let i = 0; i < this.count; i++) {
      const label = this.nearest(address(this.points, i * dim), unchecked(this.pointLengths[i]));
      unchecked(this.labels[i] = label);
    }
  }

  /** The nearest centroid by |x|² + |c|² - 2 x·c; `lengthSquared` is |x|². */
  private nearest(point: usize, lengthSquared: f32): i32 {
    let best = 0;
    let least: f32 = f32.MAX_VALUE * 2;
    this.multiply(point);
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      const product = unchecked(this.products[cluster]);
      const distance = lengthSquared + unchecked(this.centroidLengths[cluster]) - 2 * product;
      if (distance < least) {
        least = distance;
        best = cluster;
      }
    }
    return best;
  }

  /** Products of a point with every centroid. */
  private multiply(point: usize): void {
    const dim = this.dim;
    const bytes = (<usize> dim) << 2;
    const pairs = this.clusters & ~1;
    for (let cluster = 0; cluster < pairs; cluster += 2) {
      const centroid = address(this.centroids, cluster * dim);
      dotTwo(point, centroid, centroid + bytes, dim, address(this.products, cluster));
    }
    if (pairs < this.clusters) {
      unchecked(this.products[pairs] = dot(point, address(this.centroids, pairs * dim), dim));
    }
  }

  /** Means of the members, in the order of the points; zeros where there are none. */
  private average(): void {
    const dim = this.dim;
    memory.fill(address(this.next), 0, (<usize> (this.clusters * dim)) << 2);
    memory.fill(changetype<usize>(this.counts), 0, (<usize> this.clusters) << 2);
    for (let i = 0; i < this.count; i++) {
      const label = unchecked(this.labels[i]);
      unchecked(this.counts[label] = this.counts[label] + 1);
      addTo(address(this.next, label * dim), address(this.points, i * dim), dim);
    }
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      const count = <f32> max(unchecked(this.counts[cluster]), 1);
      divide(address(this.next, cluster * dim), count, dim);
    }
  }
}

/** Whether each element of `before` is within 1e-4 + 1e-5 |after| of that of `after`. */
function closeTo(before: StaticArray<f32>, after: StaticArray<f32>, length: i32): bool {
  const absolute = f32x4.splat(1e-4);
  const relative = f32x4.splat(1e-5);
  for (let i = 0; i < length; i += 4) {
    const to = v128.load(address(after, i));
    const moved = f32x4.abs(f32x4.sub(v128.load(address(before, i)), to));
    const bound = f32x4.add(absolute, f32x4.mul(relative, f32x4.abs(to)));
    if (!v128.all_true<i32>(f32x4.le(moved, bound))) return false;
  }
  return true;
}

/**
 * Writes the dot products of a vector with two others. Each is summed as `dot` sums; the vector is
 * loaded once for both.
 */
function dotTwo(vector: usize, a: usize, b: usize, length: i32, products: usize): void {
  let evenA = f32x4.splat(0);
  let oddA = f32x4.splat(0);
  let evenB = f32x4.splat(0);
  let oddB = f32x4.splat(0);
  const end = vector + ((<usize> length) << 2);
  const pairsEnd = vector + ((<usize> (length & ~7)) << 2);
  while (vector < pairsEnd) {
    const first = v128.load(vector);
    const second = v128.load(vector, 16);
    evenA = f32x4.add(evenA, f32x4.mul(first, v128.load(a)));
    oddA = f32x4.add(oddA, f32x4.mul(second, v128.load(a, 16)));
    evenB = f32x4.add(evenB, f32x4.mul(first, v128.load(b)));
    oddB = f32x4.add(oddB, f32x4.mul(second, v128.load(b, 16)));
    vector += 32;
    a += 32;
    b += 32;
  }
  if (vector < end) {
    const last = v128.load(vector);
    evenA = f32x4.add(evenA, f32x4.mul(last, v128.load(a)));
    evenB = f32x4.add(evenB, f32x4.mul(last, v128.load(b)));
  }
  store<f32>(products, sumLanes(f32x4.add(evenA, oddA)));
  store<f32>(products, sumLanes(f32x4.add(evenB, oddB)), 4);
}
