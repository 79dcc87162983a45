import type {
  Config,
  HeadUnit,
  Placement,
  TokenSets,
} from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { ContractBreach } from "./contract_breach.ts";

type Heads = Pick<Config, "queryHeads" | "kvHeads">;

/** A token whose slot is that of its own index. */
const UNSTATED = 0xffffffff;

/** What one head stores, and where. */
class HeadStorage {
  /** By token: 1 if it was evicted. */
  readonly evicted: Uint8Array;
  evictedCount = 0;
  readonly slotOf: Uint32Array;
  /** Tokens in stated slots. */
  readonly tokenAt = new Map<number, number>();
  #countedEnd = 0;
  /** How many of the tokens before that end were evicted. */
  #evictedBelowEnd = 0;

  constructor(maxTokens: number) {
    this.evicted = new Uint8Array(maxTokens);
    this.slotOf = new Uint32Array(maxTokens).fill(UNSTATED);
  }

  evict(token: number): void {
    this.evicted[token] = 1;
    this.evictedCount++;
    if (token < this.#countedEnd) this.#evictedBelowEnd++;
    this.leaveSlot(token);
  }

  /** How many of the first tokens were evicted; goes on from the `end` asked for before. */
  evictedBelow(end: number): number {
    while (this.#countedEnd < end) this.#evictedBelowEnd += this.evicted[this.#countedEnd++]!;
    while (this.#countedEnd > end) this.#evictedBelowEnd -= this.evicted[--this.#countedEnd]!;
    return this.#evictedBelowEnd;
  }

  leaveSlot(token: number): void {
    const slot = this.slotOf[token] ?? UNSTATED;
    if (slot !== UNSTATED) this.tokenAt.delete(slot);
    this.slotOf[token] = UNSTATED;
  }

  /** A present token whose slot nobody stated, lying in a slot. */
  unstatedIn(slot: number, tokens: number): boolean {
    return slot < tokens && this.evicted[slot] === 0 && this.slotOf[slot] === UNSTATED;
  }
}

/** Keeps account of what the heads of one unit evicted and where their tokens lie. */
export class PolicyStorage {
  readonly #heads: readonly HeadStorage[];
  /** Tokens whose slots were checked. */
  #checked = 0;
  #anyEvicted = false;

  constructor(readonly per: HeadUnit, readonly heads: number, maxTokens: number) {
    this.#heads = Array.from({ length: heads }, () => new HeadStorage(maxTokens));
  }

  /** Notes evictions; their tokens were present. */
  evict({ offsets, tokens }: TokenSets): void {
    if (tokens.length > 0) this.#anyEvicted = true;
    this.#heads.forEach((storage, head) => {
      for (const token of tokens.subarray(offsets[head] ?? 0, offsets[head + 1] ?? 0)) {
        storage.evict(token);
      }
    });
  }

  /**
   * Notes placements.
   *
   * @param tokens Tokens that entered so far
   * @throws {ContractBreach} if two tokens would share a slot
   */
  place({ firstToken, slots }: Placement, tokens: number): void {
    const count = slots.length / this.heads;
    if (!Number.isInteger(count)) {
      throw new ContractBreach(
        `Expected slots for ${this.heads} heads but found ${slots.length} of them`,
      );
    }
    if (firstToken + count > tokens) {
      throw new ContractBreach(
        `Expected slots of tokens below ${tokens} but found ${firstToken + count - 1}`,
      );
    }
    this.#heads.forEach((storage, head) => {
      const own = slots.subarray(head * count, (head + 1) * count);
      own.forEach((_, index) => storage.leaveSlot(firstToken + index));
      const present = (index: number) => storage.evicted[firstToken + index] === 0;
      own.forEach((slot, index) => {
        if (present(index)) take(storage, firstToken + index, slot, head);
      });
      own.forEach((slot, index) => {
        if (present(index) && storage.unstatedIn(slot, this.#checked)) {
          throw sharedSlot(slot, firstToken + index, slot, head);
        }
      });
    });
  }

  /**
   * Checks tokens that entered since the last time and have no stated slot.
   *
   * @throws {ContractBreach} if the slot of their own index was given away
   */
  checkNewTokens(tokens: number): void {
    this.#heads.forEach((storage, head) => {
      for (let token = this.#checked; token < tokens; token++) {
        const other = storage.tokenAt.get(token);
        if (other !== undefined && storage.unstatedIn(token, tokens)) {
          throw sharedSlot(other, token, token, head);
        }
      }
    });
    this.#checked = tokens;
  }

  /** Whether any head evicted a token. */
  get anyEvicted(): boolean {
    return this.#anyEvicted;
  }

  /** How many tokens a head evicted. */
  evictedCount(head: number): number {
    return this.#heads[head]?.evictedCount ?? 0;
  }

  /** How many of the first tokens a head evicted. */
  evictedBelow(head: number, end: number): number {
    return this.#heads[head]?.evictedBelow(end) ?? 0;
  }

  /**
   * Marks of evicted tokens, for a head of a unit which may be another than this one's: a table for
   * each of its heads here that evicted any.
   */
  evictedOf(per: HeadUnit, head: number, { queryHeads, kvHeads }: Heads): Uint8Array[] {
    const group = queryHeads / kvHeads;
    if (per === this.per) return this.#evictedIn(head, head + 1);
    if (per === "kv-head") return this.#evictedIn(head * group, (head + 1) * group);
    const kvHead = Math.floor(head / group);
    return this.#evictedIn(kvHead, kvHead + 1);
  }

  #evictedIn(first: number, end: number): Uint8Array[] {
    return this.#heads.slice(first, end)
      .filter(({ evictedCount }) => evictedCount > 0)
      .map(({ evicted }) => evicted);
  }
}

function take(storage: HeadStorage, token: number, slot: number, head: number): void {
  const other = storage.tokenAt.get(slot);
  if (other !== undefined) throw sharedSlot(other, token, slot, head);
  storage.tokenAt.set(slot, token);
  storage.slotOf[token] = slot;
}

function sharedSlot(first: number, second: number, slot: number, head: number): ContractBreach {
  return new ContractBreach(
    `Expected one token a slot but found ${first} and ${second} in slot ${slot}, head ${head}`,
  );
}
