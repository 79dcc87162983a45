/**
 * For tests only: keys and queries along a few directions.
 *
 * @module
 */
import { at, dot, f32, sum, type Vector } from "./float32.ts";
import type { Calibration } from "./policy.ts";
import { range, topK } from "./ranking.ts";

/** Makes a vector shorter. */
export type Projection = (vector: Vector) => number[];

/**
 * By KV head: onto the first `rank` rows of a calibration [kvHeads, dim, dim], float32 in
 * little-endian order.
 */
export function alongRows(
  calibration: Calibration,
  kvHeads: number,
  dim: number,
  rank: number,
): Projection[] {
  const rows = new Float32Array(calibration.buffer);
  return range(0, kvHeads).map((head) => (vector) =>
    range(0, rank).map((row) => {
      const first = (head * dim + row) * dim;
      return dot(rows.slice(first, first + dim), vector);
    })
  );
}

/** Onto the channels with the largest scores, the lowest channel first. */
export function alongChannels(scores: readonly number[], rank: number): Projection {
  const channels = topK(scores, rank);
  return (vector) => channels.map((channel) => at(vector, channel));
}

/** For each channel the sum of the keys' magnitudes, in the order of the tokens. */
export function magnitudes(keys: readonly Vector[], dim: number): number[] {
  return range(0, dim).map((channel) => sum(keys.map((key) => Math.abs(at(key, channel)))));
}

/** For each channel the sum of the squared differences from its mean. */
export function spreads(keys: readonly Vector[], dim: number): number[] {
  return range(0, dim).map((channel) => {
    const values = keys.map((key) => at(key, channel));
    const mean = f32(sum(values) / keys.length);
    return sum(values.map((value) => {
      const difference = f32(value - mean);
      return f32(difference * difference);
    }));
  });
}
