import type { HeadUnit } from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { HeadTokens } from "./head_tokens.ts";
import type { TokenSets } from "./kv_policy.ts";

/** Which tokens the heads of a unit have. */
interface Heads {
  readonly per: HeadUnit;
  readonly tokens: readonly HeadTokens[];
}

/**
 * Which tokens of a layer's cache can still be attended to: those that were not evicted and, where
 * the layer has a sliding window, lie within it. Kept account of by KV head as long as evictions
 * are: query heads that share their tokens are attended from together.
 *
 * Methods are told how many tokens there are so far, which never become fewer.
 */
export class PresentTokens {
  #heads: Heads;
  #anyEvicted = false;
  /** Of all heads, for {@linkcode lists}. */
  #listed = new Uint32Array();

  constructor(
    private readonly queryHeads: number,
    private readonly kvHeads: number,
    capacity: number,
    private readonly window = Infinity,
  ) {
    const tokens = Array.from({ length: kvHeads }, () => new HeadTokens(capacity));
    this.#heads = { per: "kv-head", tokens };
  }

  /** The first token that the last of `length` tokens sees. */
  first(length: number): number {
    return Math.max(0, length - this.window);
  }

  /** Whether all of `length` tokens are there. */
  isComplete(length: number): boolean {
    return !this.#anyEvicted && this.first(length) === 0;
  }

  /**
   * Takes tokens out for good.
   *
   * @throws {RangeError} when a token is not there
   */
  evict(sets: TokenSets, length: number) {
    if (sets.tokens.length === 0) return;
    this.#anyEvicted = true;
    const { per, tokens } = this.#heads = this.#asFineAs(sets.per);
    tokens.forEach((one, head) => one.evict(this.#setOf(sets, per, head), length));
  }

  /**
   * The tokens present of the first `length`, ascending. A head whose window holds none of them has
   * the newest.
   *
   * @returns views, good until the next call
   */
  lists(length: number): TokenSets {
    const { per, tokens } = this.#heads;
    const first = this.first(length);
    const offsets = new Uint32Array(tokens.length + 1);
    this.#reserve(tokens.length * (length - first));
    let count = 0;
    tokens.forEach((one, head) => {
      const present = one.presentFrom(first, length);
      this.#listed.set(present, count);
      count += present.length;
      if (present.length === 0 && first > 0) this.#listed[count++] = length - 1;
      offsets[head + 1] = count;
    });
    return { per, offsets, tokens: this.#listed.subarray(0, count) };
  }

  /**
   * Checks that a selection has no evicted token.
   *
   * @throws {RangeError} when it has
   */
  check(sets: TokenSets) {
    if (!this.#anyEvicted) return;
    const { per, tokens } = this.#heads;
    const finer = this.#count(per) > this.#count(sets.per) ? per : sets.per;
    for (let head = 0; head < this.#count(finer); head++) {
      const own = tokens[this.#headOf(per, finer, head)]!;
      for (const token of this.#setOf(sets, finer, head)) {
        if (own.isEvicted(token)) {
          throw new RangeError(`Expected tokens that are present but found evicted ${token}`);
        }
      }
    }
  }

  /** The heads, by a unit that holds evictions of this unit, too. */
  #asFineAs(per: HeadUnit): Heads {
    const heads = this.#heads;
    if (this.#count(heads.per) >= this.#count(per)) return heads;
    const tokens = Array.from(
      { length: this.#count(per) },
      (_, head) => heads.tokens[this.#headOf(heads.per, per, head)]!.clone(),
    );
    return { per, tokens };
  }

  /** Makes room for so many listed tokens. */
  #reserve(count: number) {
    if (this.#listed.length < count) this.#listed = new Uint32Array(2 * count);
  }

  /** The tokens that a head of `unit`, which is no coarser than that of the sets, has. */
  #setOf({ per, offsets, tokens }: TokenSets, unit: HeadUnit, head: number): Uint32Array {
    const set = this.#headOf(per, unit, head);
    return tokens.subarray(offsets[set]!, offsets[set + 1]!);
  }

  /** The head of `per` that a head of a unit no coarser belongs to. */
  #headOf(per: HeadUnit, unit: HeadUnit, head: number): number {
    return Math.floor(head * this.#count(per) / this.#count(unit));
  }

  /** Heads of a unit. */
  #count(per: HeadUnit): number {
    return per === "kv-head" ? this.kvHeads : this.queryHeads;
  }
}
