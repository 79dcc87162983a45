/**
 * For tests only: the start of k-means++ (Arthur and Vassilvitskii, SODA 2007).
 *
 * @module
 */
import { at, dot, f32, type Vector } from "./float32.ts";
import type { SplitMix64 } from "./random.ts";

/**
 * Draws points, each with a probability proportional to its squared distance from those drawn; the
 * first evenly. Where all distances are 0, points are taken from the first on.
 */
export function kMeansPlusPlus(
  points: readonly Vector[],
  count: number,
  random: SplitMix64,
): Vector[] {
  const squares = points.map((point) => dot(point, point));
  /** Squared distance of two points, never below 0; 0 for NaN. */
  const distance = (a: number, b: number) => {
    const sum = f32(at(squares, a) + at(squares, b));
    const value = f32(sum - f32(2 * dot(points[a] ?? [], points[b] ?? [])));
    return value > 0 ? value : 0;
  };
  const drawn = [random.below(points.length)];
  const distances = points.map((_, i) => distance(i, drawn[0]!));
  while (drawn.length < count) {
    const next = draw(distances, random, drawn.length);
    drawn.push(next);
    points.forEach((_, i) => distances[i] = Math.min(at(distances, i), distance(i, next)));
  }
  return drawn.map((i) => points[i] ?? []);
}

/** The first index at which the running sum of the distances exceeds a random share of the sum. */
function draw(distances: number[], random: SplitMix64, fallback: number): number {
  const total = distances.reduce((all, one) => all + one, 0);
  let rest = random.uniform() * total;
  for (const [index, one] of distances.entries()) {
    rest -= one;
    if (rest < 0) return index;
  }
  return fallback;
}
