/**
 * For tests only: made-up calibration files.
 *
 * @module
 */
import type { Calibration, Shape } from "../reference/policy.ts";
import { ranking } from "../reference/ranking.ts";
import { Source } from "./scenario.ts";

/** For each KV head a matrix of random rows. */
export function rowsCalibration(shape: Shape): Calibration {
  const { kvHeads, headDim } = shape;
  const source = sourceOf(shape);
  const values = Float32Array.from(
    { length: kvHeads * headDim * headDim },
    () => source.uniform() - 0.5,
  );
  return new Uint8Array(values.buffer);
}

/** For each query head its channels in random order. */
export function channelsCalibration(shape: Shape): Calibration {
  const { queryHeads, headDim } = shape;
  const source = sourceOf(shape);
  const ranked = Array.from(
    { length: queryHeads },
    () => ranking(Array.from({ length: headDim }, () => source.uniform())),
  );
  return new Uint8Array(Uint16Array.from(ranked.flat()).buffer);
}

function sourceOf(shape: Shape): Source {
  return new Source({ shape, promptBlocks: [], steps: 0, texture: "smooth", seed: 7 });
}
