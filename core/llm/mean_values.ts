import type { LayerCache } from "./layer_cache.ts";
import type { PresentTokens } from "./present_tokens.ts";
import { tokensOf } from "./token_sets.ts";

/** The mean of the values of all tokens present, which some policies mix into the output. */
export class MeanValues {
  /** Of all tokens so far, of each KV head, `[headDim]`. */
  readonly #sums: readonly Float64Array[];
  #counted = 0;

  constructor(private readonly cache: LayerCache, private readonly present: PresentTokens) {
    const { kvHeads, headDim } = cache.shape;
    this.#sums = Array.from({ length: kvHeads }, () => new Float64Array(headDim));
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
    const { length } = this.cache;
    this.#sums.forEach((sums, kvHead) => {
      const values = this.cache.valuesOf(kvHead);
      for (let at = this.#counted * headDim; at < values.length; at += headDim) {
        for (let d = 0; d < headDim; d++) sums[d]! += values[at + d]!;
      }
    });
    this.#counted = length;
    return (head) =>
      this.#sums[Math.floor(head * kvHeads / queryHeads)]!.map((sum) => sum / length);
  }

  /** Means over what evictions and the window left. */
  #presentMeans(): (head: number) => Float64Array {
    const { queryHeads, kvHeads, headDim } = this.cache.shape;
    const sets = this.present.lists(this.cache.length);
    return (head) => {
      const values = this.cache.valuesOf(Math.floor(head * kvHeads / queryHeads));
      const mean = new Float64Array(headDim);
      const list = tokensOf(sets, head, queryHeads);
      for (const token of list) {
        for (let d = 0; d < headDim; d++) mean[d]! += values[token * headDim + d]!;
      }
      return mean.map((sum) => sum / list.length);
    };
  }
}
