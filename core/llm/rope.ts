import type { RopeConfig } from "./rope_config.ts";

/**
 * Angles per position of each pair of elements, `headDim / 2` numbers: element `i` of a head is
 * turned together with element `i + headDim / 2`.
 *
 * Source: `transformers` modeling_rope_utils.py; RoFormer, arXiv 2104.09864.
 *
 * @param length tokens in the cache after this pass, which only `dynamic` scaling looks at
 *
 * @example
 * ```ts
 * import { inverseFrequencies } from "./rope.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const rope = { type: "default", theta: 10_000 } as const;
 * deepEqual(inverseFrequencies(rope, 4, 1), new Float64Array([1, 0.01]));
 * ```
 */
export function inverseFrequencies(
  rope: RopeConfig,
  headDim: number,
  length: number,
): Float64Array {
  switch (rope.type) {
    case "default":
      return powers(rope.theta, headDim);
    case "linear":
      return powers(rope.theta, headDim).map((frequency) => frequency / rope.factor);
    case "dynamic":
      return powers(dynamicTheta(rope, headDim, length), headDim);
    case "llama3":
      return powers(rope.theta, headDim).map((frequency) => llama3Frequency(rope, frequency));
    case "yarn":
      return yarnFrequencies(rope, headDim);
  }
}

function powers(theta: number, headDim: number): Float64Array {
  return Float64Array.from({ length: headDim / 2 }, (_, i) => theta ** (-2 * i / headDim));
}

/** The NTK-aware base: context beyond the original stretches low frequencies most. */
function dynamicTheta(
  { theta, factor, originalPositions }: RopeConfig & { type: "dynamic" },
  headDim: number,
  length: number,
): number {
  const stretch = factor * Math.max(length, originalPositions) / originalPositions - (factor - 1);
  return theta * stretch ** (headDim / (headDim - 2));
}

function llama3Frequency(rope: RopeConfig & { type: "llama3" }, frequency: number): number {
  const turns = rope.originalPositions * frequency / (2 * Math.PI);
  if (turns > rope.highFrequencyFactor) return frequency;
  if (turns < rope.lowFrequencyFactor) return frequency / rope.factor;
  const smooth = (turns - rope.lowFrequencyFactor) /
    (rope.highFrequencyFactor - rope.lowFrequencyFactor);
  return (1 - smooth) * frequency / rope.factor + smooth * frequency;
}

function yarnFrequencies(rope: RopeConfig & { type: "yarn" }, headDim: number): Float64Array {
  const { theta, factor, originalPositions, wholePairs } = rope;
  /** The pair, between whole ones too, that turns so often within the original context. */
  const pairOf = (turns: number) =>
    headDim * Math.log(originalPositions / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  const [first, last] = [pairOf(rope.fastTurns), pairOf(rope.slowTurns)];
  const low = Math.max(wholePairs ? Math.floor(first) : first, 0);
  const high = Math.min(wholePairs ? Math.ceil(last) : last, headDim - 1);
  const width = high === low ? 0.001 : high - low;
  return powers(theta, headDim).map((frequency, pair) => {
    const divided = Math.min(1, Math.max(0, (pair - low) / width));
    return divided * frequency / factor + (1 - divided) * frequency;
  });
}

/** What rotated queries and keys are multiplied by. */
export function rotaryMagnitude(rope: RopeConfig): number {
  return rope.type === "yarn" ? rope.magnitude : 1;
}

/** Cosines and sines of a run of positions, each `[positions, headDim / 2]`. */
export interface RotaryTable {
  readonly cos: Float32Array<ArrayBuffer>;
  readonly sin: Float32Array<ArrayBuffer>;
}

/**
 * The rotary embedding of some positions. Angles are computed in float64 and only the results are
 * rounded, so that far positions are as exact as near ones.
 *
 * @param positions any positions, in any order
 * @param length tokens in the cache after this pass
 * @param magnitude what cosines and sines are multiplied by; 1 makes it a turn and nothing else
 */
export function rotaryTable(
  rope: RopeConfig,
  headDim: number,
  positions: readonly number[],
  length: number,
  magnitude: number = rotaryMagnitude(rope),
): RotaryTable {
  const frequencies = inverseFrequencies(rope, headDim, length);
  const pairs = frequencies.length;
  const cos = new Float32Array(positions.length * pairs);
  const sin = new Float32Array(positions.length * pairs);
  positions.forEach((position, row) => {
    for (let pair = 0; pair < pairs; pair++) {
      const angle = position * frequencies[pair]!;
      cos[row * pairs + pair] = magnitude * Math.cos(angle);
      sin[row * pairs + pair] = magnitude * Math.sin(angle);
    }
  });
  return { cos, sin };
}
