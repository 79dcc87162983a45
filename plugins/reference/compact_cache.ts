/**
 * For tests only: a cache that closes up over evicted tokens.
 *
 * @module
 */
import { type TokenSets, type Update, updateOf } from "./policy.ts";
import { range } from "./ranking.ts";

/** Tokens present and their slots, by KV head. A new token takes the lowest free slot. */
export class CompactCache {
  /** `slots[kvHead]` from token to slot, in the order of the tokens. */
  readonly #slots: Map<number, number>[];
  #length = 0;

  constructor(private readonly kvHeads: number) {
    this.#slots = range(0, kvHeads).map(() => new Map());
  }

  /** Tokens present, ascending. */
  present(kvHead: number): number[] {
    return [...this.#slots[kvHead]?.keys() ?? []];
  }

  /** Adds a token; gives its slots where they are not its own number. */
  enter(): Update["placement"] {
    const token = this.#length++;
    const slots = this.#slots.map((own) => {
      const used = new Set(own.values());
      const free = range(0, token + 1).find((slot) => !used.has(slot)) ?? token;
      own.set(token, free);
      return [free];
    });
    return slots.flat().every((slot) => slot === token)
      ? null
      : { per: "kv-head", firstToken: token, slots };
  }

  /** Evicts all tokens that are not among the kept ones, `kept[kvHead]`. */
  retain(kept: readonly (readonly number[])[]): TokenSets | null {
    const sets = this.#slots.map((own, head) => {
      const stay = new Set(kept[head]);
      const gone = [...own.keys()].filter((token) => !stay.has(token));
      for (const token of gone) own.delete(token);
      return gone;
    });
    return sets.every(({ length }) => length === 0) ? null : { per: "kv-head", sets };
  }

  /** Evicts, then moves what is left together; slots of evicted tokens are 0. */
  retainAndCompact(kept: readonly (readonly number[])[]): Update {
    const evicted = this.retain(kept);
    if (evicted === null) return updateOf();
    const slots = range(0, this.kvHeads).map((head) => {
      this.present(head).forEach((token, rank) => this.#slots[head]?.set(token, rank));
      return range(0, this.#length).map((token) => this.#slots[head]?.get(token) ?? 0);
    });
    return updateOf({ evicted, placement: { per: "kv-head", firstToken: 0, slots } });
  }
}
