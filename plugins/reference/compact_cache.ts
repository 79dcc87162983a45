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
  /** `taken[kvHead][slot]` */
  readonly #taken: boolean[][];
  #length = 0;

  constructor(private readonly kvHeads: number) {
    this.#slots = range(0, kvHeads).map(() => new Map());
    this.#taken = range(0, kvHeads).map(() => []);
  }

  /** Tokens present, ascending. */
  present(kvHead: number): number[] {
    return [...this.#slots[kvHead]?.keys() ?? []];
  }

  /** Adds a token; gives its slots where they are not its own number. */
  enter(): Update["placement"] {
    const token = this.#length++;
    const slots = this.#slots.map((own, head) => {
      const taken = this.#taken[head] ?? [];
      const gap = taken.indexOf(false);
      const free = gap < 0 ? taken.length : gap;
      taken[free] = true;
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
      for (const token of gone) this.#leave(head, token);
      return gone;
    });
    return sets.every(({ length }) => length === 0) ? null : { per: "kv-head", sets };
  }

  /** Evicts, then moves what is left together; slots of evicted tokens are 0. */
  retainAndCompact(kept: readonly (readonly number[])[]): Update {
    const evicted = this.retain(kept);
    if (evicted === null) return updateOf();
    const slots = range(0, this.kvHeads).map((head) => {
      const present = this.present(head);
      present.forEach((token, rank) => this.#slots[head]?.set(token, rank));
      this.#taken[head] = present.map(() => true);
      return range(0, this.#length).map((token) => this.#slots[head]?.get(token) ?? 0);
    });
    return updateOf({ evicted, placement: { per: "kv-head", firstToken: 0, slots } });
  }

  #leave(head: number, token: number): void {
    const slot = this.#slots[head]?.get(token);
    const taken = this.#taken[head];
    if (slot !== undefined && taken !== undefined) taken[slot] = false;
    this.#slots[head]?.delete(token);
  }
}
