import type { TokenSets } from "./kv_policy.ts";
import { tokenSetsOf } from "./token_sets.ts";

/** Which tokens of a layer's cache are still there, query head by query head. */
export class PresentTokens {
  /** Of each query head, 1 where a token was evicted. Made when the first one is. */
  #gone: Uint8Array[] | undefined;

  constructor(
    private readonly queryHeads: number,
    private readonly kvHeads: number,
    private readonly capacity: number,
  ) {}

  /** Whether nothing was evicted. */
  get complete(): boolean {
    return this.#gone === undefined;
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

  /** The tokens present of the first `length`, ascending. */
  lists(length: number): TokenSets {
    const gone = this.#gone ??
      Array.from({ length: this.queryHeads }, () => new Uint8Array(length));
    return tokenSetsOf(gone.map((flags) => {
      const list = new Uint32Array(length);
      let count = 0;
      for (let token = 0; token < length; token++) if (flags[token] === 0) list[count++] = token;
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
