// The start of k-means++ (Arthur and Vassilvitskii, SODA 2007).
import { KMeans } from "kvpim/k_means";
import { Random } from "kvpim/random";
import { address, dot } from "kvpim/vectors";

/**
 * Draws the first centroids: each with a probability proportional to its squared distance from
 * those drawn, the first evenly. Where all distances are 0, points are taken from the first on.
 */
export function startPlusPlus(means: KMeans, random: Random): void {
  const distances = new StaticArray<f32>(means.count);
  let drawn = <i32> random.below(means.count);
  means.start(0, drawn);
  for (let i = 0; i < means.count; i++) unchecked(distances[i] = distance(means, i, drawn));
  for (let cluster = 1; cluster < means.clusters; cluster++) {
    drawn = draw(distances, random, cluster);
    means.start(cluster, drawn);
    for (let i = 0; i < means.count; i++) {
      unchecked(distances[i] = min(distances[i], distance(means, i, drawn)));
    }
  }
}

/** Squared distance of two points, never below 0; 0 for NaN. */
function distance(means: KMeans, i: i32, j: i32): f32 {
  const dim = means.dim;
  const a = address(means.points, i * dim);
  const b = address(means.points, j * dim);
  const value = dot(a, a, dim) + dot(b, b, dim) - 2 * dot(a, b, dim);
  return value > 0 ? value : 0;
}

/** The first index at which the running sum of the distances exceeds a random share of the sum. */
function draw(distances: StaticArray<f32>, random: Random, fallback: i32): i32 {
  let total: f64 = 0;
  for (let i = 0; i < distances.length; i++) total += unchecked(distances[i]);
  let rest = random.uniform() * total;
  for (let i = 0; i < distances.length; i++) {
    rest -= unchecked(distances[i]);
    if (rest < 0) return i;
  }
  return fallback;
}
