/**
 * Which points no other point beats: none is at least as good in everything and better in something.
 *
 * @param points a point's costs, each the better the lower
 *
 * @example
 * ```ts
 * import { paretoFront } from "./pareto.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(paretoFront([[1, 5], [2, 2], [3, 3], [5, 1]]), [true, true, false, true]);
 * ```
 */
export function paretoFront(points: readonly (readonly number[])[]): boolean[] {
  const order = points.map((_, i) => i).sort((a, b) => compare(points[a]!, points[b]!));
  const front: (readonly number[])[] = [];
  const isOnFront = points.map(() => false);
  // Whatever beats a point comes before it in this order.
  for (const i of order) {
    if (front.some((better) => beats(better, points[i]!))) continue;
    front.push(points[i]!);
    isOnFront[i] = true;
  }
  return isOnFront;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((cost, i) => cost !== b[i]);
  return i < 0 ? 0 : a[i]! - b[i]!;
}

function beats(a: readonly number[], b: readonly number[]): boolean {
  return a.every((cost, i) => cost <= b[i]!) && a.some((cost, i) => cost < b[i]!);
}
