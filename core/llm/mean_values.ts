import type { LayerCache } from "./layer_cache.ts";
import type { PresentTokens } from "./present_tokens.ts";
import { tokensOf } from "./token_sets.ts";

/** The sum of the values of some tokens, `[headDim]`, and how many they are. */
interface SummedValues {
  readonly sums: Float64Array;
  readonly count: number;
}

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
    const sumsOf = this.present.isComplete(this.cache.length)
      ? this.#runningSums()
      : this.#presentSums();
    for (let head = 0; head < queryHeads; head++) {
      const share = weights[head]!;
      const { sums, count } = sumsOf(head);
      for (let d = 0; d < headDim; d++) {
        const at = head * headDim + d;
        output[at] = (1 - share) * output[at]! + share * (sums[d]! / count);
      }
    }
  }

  /** Over all tokens, from sums that grow with the cache. */
  #runningSums(): (head: number) => SummedValues {
    const { queryHeads, kvHeads, headDim } = this.cache.shape;
    const count = this.cache.length;
    this.#sums.forEach((sums, kvHead) => {
      const values = this.cache.valuesOf(kvHead, this.#counted);
      for (let at = 0; at < values.length; at += headDim) {
        for (let d = 0; d < headDim; d++) sums[d]! += values[at + d]!;
      }
    });
    this.#counted = count;
    return (head) => ({ sums: this.#sums[Math.floor(head * kvHeads / queryHeads)]!, count });
  }

  /** Over what evictions and the window left. */
  #presentSums(): (head: number) => SummedValues {
    const { queryHeads, kvHeads, headDim } = this.cache.shape;
    const sets = this.present.lists(this.cache.length);
    return (head) => {
      const values = this.cache.valuesOf(Math.floor(head * kvHeads / queryHeads));
      const sums = new Float64Array(headDim);
      const list = tokensOf(sets, head, queryHeads);
      for (const token of list) {
        for (let d = 0; d < headDim; d++) sums[d]! += values[token * headDim + d]!;
      }
      return { sums, count: list.length };
    };
  }
}
