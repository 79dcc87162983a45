import type { TokenSets } from "./kv_policy.ts";
import { tokenSetsOf } from "./token_sets.ts";

/**
 * Which tokens of a layer's cache can still be attended to, query head by query head: those that
 * were not evicted and, where the layer has a sliding window, lie within it.
 */
export class PresentTokens {
  /** Of each query head, 1 where a token was evicted. Made when the first one is. */
  #gone: Uint8Array[] | undefined;

  constructor(
    private readonly queryHeads: number,
    private readonly kvHeads: number,
    private readonly capacity: number,
    private readonly window = Infinity,
  ) {}

  /** The first token that the last of `length` tokens sees. */
  first(length: number): number {
    return Math.max(0, length - this.window);
  }

  /** Whether all of `length` tokens are there. */
  isComplete(length: number): boolean {
    return this.#gone === undefined && this.first(length) === 0;
  }

  /**
   * Takes tokens out for good.
   *
   * @throws {RangeError} when a token is not there
   */
  evict({ per, offsets, tokens }: TokenSets, length: number) {
    if (tokens.length === 0) return;
    this.#gone ??= Array.from({ length: this.queryHeads }, () => new Uint8Array(this.capacity));
    const group = per === "kv-head" ? this.queryHeads / this.kvHeads : 1;
    this.#gone.forEach((gone, head) => {
      const set = Math.floor(head / group);
      for (const token of tokens.subarray(offsets[set]!, offsets[set + 1]!)) {
        if (token >= length || gone[token] !== 0) {
          throw new RangeError(`Expected to evict a token that is present but found ${token}`);
        }
        gone[token] = 1;
      }
    });
  }

  /**
   * The tokens present of the first `length`, ascending. A head whose window holds none of them has
   * the newest.
   */
  lists(length: number): TokenSets {
    const gone = this.#gone ??
      Array.from({ length: this.queryHeads }, () => new Uint8Array(length));
    const first = this.first(length);
    return tokenSetsOf(gone.map((flags) => {
      const list = new Uint32Array(length);
      let count = 0;
      for (let token = first; token < length; token++) {
        if (flags[token] === 0) list[count++] = token;
      }
      if (count === 0 && first > 0) list[count++] = length - 1;
      return list.subarray(0, count);
    }));
  }

  /**
   * Checks that a selection has no evicted token.
   *
   * @throws {RangeError} when it has
   */
  check({ per, offsets, tokens }: TokenSets) {
    const group = per === "kv-head" ? this.queryHeads / this.kvHeads : 1;
    this.#gone?.forEach((gone, head) => {
      const set = Math.floor(head / group);
      for (const token of tokens.subarray(offsets[set]!, offsets[set + 1]!)) {
        if (gone[token] !== 0) {
          throw new RangeError(`Expected tokens that are present but found evicted ${token}`);
        }
      }
    });
  }
}
