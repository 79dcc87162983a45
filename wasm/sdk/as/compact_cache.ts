// A cache that closes up over evicted tokens.
import { HeadUnit, Placement, TokenSets, Update } from "kvpim/policy";

/** Tokens present and their slots, by KV head. A new token takes the lowest free slot. */
export class CompactCache {
  /** Tokens that ever entered. */
  length: i32 = 0;
  /** By head: tokens present, ascending, and the slot of each. */
  private present: Array<Array<u32>> = [];
  private slots: Array<Array<u32>> = [];
  /** By head: free slots below those in use, in no order. */
  private free: Array<Array<u32>> = [];

  constructor(private heads: i32) {
    for (let head = 0; head < heads; head++) {
      this.present.push([]);
      this.slots.push([]);
      this.free.push([]);
    }
  }

  /** Tokens present of a head, ascending. */
  tokens(head: i32): Array<u32> {
    return this.present[head];
  }

  /** Adds tokens of the prompt, each in the slot of its own number. */
  enterPrompt(count: i32): void {
    for (let head = 0; head < this.heads; head++) {
      for (let token = this.length; token < this.length + count; token++) {
        this.present[head].push(token);
        this.slots[head].push(token);
      }
    }
    this.length += count;
  }

  /** Adds tokens and says where they are, unless that is where they would be anyway. */
  enter(count: i32, placement: Placement): void {
    const first = this.length;
    let moved = false;
    const slots: Array<u32> = [];
    for (let head = 0; head < this.heads; head++) {
      for (let token = first; token < first + count; token++) {
        const slot = this.takeSlot(head);
        this.present[head].push(token);
        this.slots[head].push(slot);
        slots.push(slot);
        if (slot !== <u32> token) moved = true;
      }
    }
    this.length += count;
    if (!moved) return;
    placement.per = HeadUnit.KvHead;
    placement.firstToken = first;
    placement.slots = slots;
  }

  /**
   * Evicts tokens of a head and frees their slots. Call it for every head in turn, with `evicted`
   * opened for KV heads.
   *
   * @param kept For each token present whether it stays
   */
  retain(head: i32, kept: StaticArray<bool>, evicted: TokenSets): void {
    const present = this.present[head];
    const slots = this.slots[head];
    let left = 0;
    for (let rank = 0; rank < present.length; rank++) {
      const token = unchecked(present[rank]);
      const slot = unchecked(slots[rank]);
      if (unchecked(kept[rank])) {
        unchecked(present[left] = token);
        unchecked(slots[left] = slot);
        left++;
      } else {
        evicted.tokens.push(token);
        this.free[head].push(slot);
      }
    }
    present.length = left;
    slots.length = left;
    evicted.offsets.push(evicted.tokens.length);
  }

  /** Moves what is left together: slots are ranks. Those of evicted tokens read 0. */
  compact(placement: Placement): void {
    placement.per = HeadUnit.KvHead;
    placement.firstToken = 0;
    for (let head = 0; head < this.heads; head++) {
      const base = placement.slots.length;
      for (let token = 0; token < this.length; token++) placement.slots.push(0);
      const present = this.present[head];
      for (let rank = 0; rank < present.length; rank++) {
        unchecked(this.slots[head][rank] = rank);
        unchecked(placement.slots[base + unchecked(present[rank])] = rank);
      }
      this.free[head].length = 0;
    }
  }

  private takeSlot(head: i32): u32 {
    const free = this.free[head];
    if (free.length === 0) return this.present[head].length;
    let lowest = 0;
    for (let i = 1; i < free.length; i++) if (free[i] < free[lowest]) lowest = i;
    const slot = free[lowest];
    free[lowest] = free[free.length - 1];
    free.pop();
    return slot;
  }
}

/** Token sets of KV heads that {@linkcode CompactCache.retain} fills. */
export function noneEvicted(): TokenSets {
  const sets = new TokenSets();
  sets.per = HeadUnit.KvHead;
  sets.offsets.push(0);
  return sets;
}

/** States evictions, if there are any. */
export function evict(update: Update, evicted: TokenSets): bool {
  if (evicted.tokens.length === 0) return false;
  update.evicted = evicted;
  return true;
}
