/**
 * For tests only: Lloyd's k-means with Euclidean distance, in float32.
 *
 * @module
 */
import { at, dot, f32, mean, type Vector } from "./float32.ts";

/** Labels and centroids of one set of points. */
export interface Clusters {
  readonly labels: number[];
  readonly centroids: Vector[];
}

/** Centroids with their squared lengths, which every point is measured with. */
export class Centroids {
  readonly #squares: number[];

  constructor(private readonly centroids: readonly Vector[]) {
    this.#squares = centroids.map((centroid) => dot(centroid, centroid));
  }

  /** Label of the nearest centroid, the lowest of equals: |x|² + |c|² - 2 x·c. */
  nearest(point: Vector): number {
    const length = dot(point, point);
    let best = 0;
    let least = Infinity;
    this.centroids.forEach((centroid, label) => {
      const distance = f32(f32(length + at(this.#squares, label)) - f32(2 * dot(point, centroid)));
      if (distance < least) [best, least] = [label, distance];
    });
    return best;
  }
}

/** One iteration: labels by the old centroids, then centroids of those labels. */
export function iterate(points: readonly Vector[], centroids: readonly Vector[]): Clusters {
  const old = new Centroids(centroids);
  const labels = points.map((point) => old.nearest(point));
  const members: Vector[][] = centroids.map(() => []);
  labels.forEach((label, i) => members[label]!.push(points[i]!));
  return {
    labels,
    centroids: members.map((own, label) => mean(own, centroids[label]!.length)),
  };
}

/** Whether no element moved by more than 1e-4 + 1e-5 times its new magnitude. */
export function settled(before: readonly Vector[], after: readonly Vector[]): boolean {
  return after.every((vector, label) =>
    Array.from(vector).every((value, i) => {
      const moved = Math.abs(f32(at(before[label] ?? [], i) - value));
      return moved <= f32(f32(1e-4) + f32(f32(1e-5) * Math.abs(value)));
    })
  );
}

/**
 * Clusters several sets of points side by side, until all of them are settled at once.
 *
 * @returns The clusters of each set and how many iterations were run
 */
export function clusterTogether(
  sets: readonly (readonly Vector[])[],
  starts: readonly (readonly Vector[])[],
  mostIterations: number,
): { clusters: Clusters[]; iterations: number } {
  let clusters: Clusters[] = starts.map((centroids) => ({ labels: [], centroids: [...centroids] }));
  for (let iteration = 1; iteration <= mostIterations; iteration++) {
    const before = clusters;
    clusters = sets.map((points, set) => iterate(points, before[set]?.centroids ?? []));
    const done = clusters.every((one, set) => settled(before[set]?.centroids ?? [], one.centroids));
    if (done) return { clusters, iterations: iteration };
  }
  return { clusters, iterations: mostIterations };
}
