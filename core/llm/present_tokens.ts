import type { HeadUnit } from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import type { TokenSets } from "./kv_policy.ts";

/** Tokens that were evicted, 1 each, in a table for each head of a unit. */
interface Evictions {
  readonly per: HeadUnit;
  readonly tables: readonly Uint8Array[];
}

/**
 * Which tokens of a layer's cache can still be attended to: those that were not evicted and, where
 * the layer has a sliding window, lie within it. Kept account of by KV head as long as evictions
 * are: query heads that share their tokens are attended from together.
 */
export class PresentTokens {
  /** Made when the first token is evicted. */
  #evictions: Evictions | undefined;

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
    return this.#evictions === undefined && this.first(length) === 0;
  }

  /**
   * Takes tokens out for good.
   *
   * @throws {RangeError} when a token is not there
   */
  evict(sets: TokenSets, length: number) {
    if (sets.tokens.length === 0) return;
    const { per, tables } = this.#evictions = this.#evictionsBy(sets.per);
    tables.forEach((table, head) => {
      for (const token of this.#setOf(sets, per, head)) {
        if (token >= length || table[token] !== 0) {
          throw new RangeError(`Expected to evict a token that is present but found ${token}`);
        }
        table[token] = 1;
      }
    });
  }

  /**
   * The tokens present of the first `length`, ascending. A head whose window holds none of them has
   * the newest.
   */
  lists(length: number): TokenSets {
    const per = this.#evictions?.per ?? "kv-head";
    const heads = this.#heads(per);
    const first = this.first(length);
    const offsets = new Uint32Array(heads + 1);
    const tokens = new Uint32Array(heads * (length - first));
    let count = 0;
    for (let head = 0; head < heads; head++) {
      const table = this.#evictions?.tables[head];
      for (let token = first; token < length; token++) {
        if (table === undefined || table[token] === 0) tokens[count++] = token;
      }
      if (count === offsets[head] && first > 0) tokens[count++] = length - 1;
      offsets[head + 1] = count;
    }
    return { per, offsets, tokens: tokens.subarray(0, count) };
  }

  /**
   * Checks that a selection has no evicted token.
   *
   * @throws {RangeError} when it has
   */
  check(sets: TokenSets) {
    if (this.#evictions === undefined) return;
    const { per, tables } = this.#evictions;
    const finer = this.#heads(per) > this.#heads(sets.per) ? per : sets.per;
    for (let head = 0; head < this.#heads(finer); head++) {
      const table = tables[this.#headOf(per, finer, head)]!;
      for (const token of this.#setOf(sets, finer, head)) {
        if (table[token] !== 0) {
          throw new RangeError(`Expected tokens that are present but found evicted ${token}`);
        }
      }
    }
  }

  /** What was evicted so far, by a unit that holds evictions of this unit, too. */
  #evictionsBy(per: HeadUnit): Evictions {
    const evictions = this.#evictions ?? this.#noEvictions(per);
    if (this.#heads(evictions.per) >= this.#heads(per)) return evictions;
    const tables = Array.from(
      { length: this.#heads(per) },
      (_, head) => evictions.tables[this.#headOf(evictions.per, per, head)]!.slice(),
    );
    return { per, tables };
  }

  #noEvictions(per: HeadUnit): Evictions {
    const table = () => new Uint8Array(this.capacity);
    return { per, tables: Array.from({ length: this.#heads(per) }, table) };
  }

  /** The tokens that a head of `unit`, which is no coarser than that of the sets, has. */
  #setOf({ per, offsets, tokens }: TokenSets, unit: HeadUnit, head: number): Uint32Array {
    const set = this.#headOf(per, unit, head);
    return tokens.subarray(offsets[set]!, offsets[set + 1]!);
  }

  /** The head of `per` that a head of a unit no coarser belongs to. */
  #headOf(per: HeadUnit, unit: HeadUnit, head: number): number {
    return Math.floor(head * this.#heads(per) / this.#heads(unit));
  }

  #heads(per: HeadUnit): number {
    return per === "kv-head" ? this.kvHeads : this.queryHeads;
  }
}
