import type { LayerCache } from "./layer_cache.ts";
import type { PresentTokens } from "./present_tokens.ts";

/** The mean of the values of all tokens present, which some policies mix into the output. */
export class MeanValues {
  /** Of all tokens so far, `[kvHeads, headDim]`. */
  readonly #sums: Float64Array;
  #counted = 0;

  constructor(private readonly cache: LayerCache, private readonly present: PresentTokens) {
    this.#sums = new Float64Array(cache.shape.kvHeads * cache.shape.headDim);
  }

  /**
   * Mixes the mean into each head's output.
   *
   * @param output `[queryHeads, headDim]`, changed in place
   * @param weights share of the mean, `[queryHeads]`, each 0 to 1
   * @throws {RangeError} when a share is out of range
   */
  mix(output: Float32Array, weights: Float32Array) {
    const { queryHeads, headDim } = this.cache.shape;
    if (weights.length !== queryHeads || !weights.every((share) => share >= 0 && share <= 1)) {
      throw new RangeError(
        `Expected ${queryHeads} mean-value weights from 0 to 1 but found ${weights.join(" ")}`,
      );
    }
    const means = this.present.isComplete(this.cache.length)
      ? this.#runningMeans()
      : this.#presentMeans();
    for (let head = 0; head < queryHeads; head++) {
      const share = weights[head]!;
      const mean = means(head);
      for (let d = 0; d < headDim; d++) {
        const at = head * headDim + d;
        output[at] = (1 - share) * output[at]! + share * mean[d]!;
      }
    }
  }

  /** Means over all tokens, from sums that grow with the cache. */
  #runningMeans(): (head: number) => Float64Array {
    const { queryHeads, kvHeads, headDim } = this.cache.shape;
    const { length, values } = this.cache;
    const width = kvHeads * headDim;
    for (; this.#counted < length; this.#counted++) {
      for (let i = 0; i < width; i++) this.#sums[i]! += values[this.#counted * width + i]!;
    }
    return (head) => {
      const at = Math.floor(head * kvHeads / queryHeads) * headDim;
      return this.#sums.subarray(at, at + headDim).map((sum) => sum / length);
    };
  }

  /** Means over what evictions and the window left. */
  #presentMeans(): (head: number) => Float64Array {
    const { queryHeads, kvHeads, headDim } = this.cache.shape;
    const { length, values } = this.cache;
    const { offsets, tokens } = this.present.lists(length);
    return (head) => {
      const mean = new Float64Array(headDim);
      const list = tokens.subarray(offsets[head]!, offsets[head + 1]!);
      const within = Math.floor(head * kvHeads / queryHeads) * headDim;
      for (const token of list) {
        const at = token * kvHeads * headDim + within;
        for (let d = 0; d < headDim; d++) mean[d]! += values[at + d]!;
      }
      return mean.map((sum) => sum / list.length);
    };
  }
}
