import type {
  Config,
  HeadUnit,
  Placement,
  TokenSets,
} from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { ContractBreach } from "./contract_breach.ts";

/** A token whose slot is that of its own index. */
const UNSTATED = 0xffffffff;

/** What one head stores, and where. */
class HeadStorage {
  readonly evicted: Uint8Array;
  readonly slotOf: Uint32Array;
  /** Tokens in stated slots. */
  readonly tokenAt = new Map<number, number>();

  constructor(maxTokens: number) {
    this.evicted = new Uint8Array(maxTokens);
    this.slotOf = new Uint32Array(maxTokens).fill(UNSTATED);
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

  constructor(readonly per: HeadUnit, readonly heads: number, maxTokens: number) {
    this.#heads = Array.from({ length: heads }, () => new HeadStorage(maxTokens));
  }

  /** Notes evictions; their tokens were present. */
  evict({ offsets, tokens }: TokenSets): void {
    this.#heads.forEach((storage, head) => {
      for (const token of tokens.subarray(offsets[head] ?? 0, offsets[head + 1] ?? 0)) {
        storage.evicted[token] = 1;
        storage.leaveSlot(token);
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

  /** How many of the first tokens a head evicted. */
  evictedBelow(head: number, end: number): number {
    let count = 0;
    for (const gone of this.#heads[head]?.evicted.subarray(0, end) ?? []) count += gone;
    return count;
  }

  /** Tells whether a token is gone for a head of a unit, which may be another than this one's. */
  goneFrom(
    per: HeadUnit,
    head: number,
    { queryHeads, kvHeads }: Config,
  ): (token: number) => boolean {
    const group = queryHeads / kvHeads;
    if (per === this.per) return this.#isGone([head]);
    if (per === "query-head") return this.#isGone([Math.floor(head / group)]);
    return this.#isGone(Array.from({ length: group }, (_, index) => head * group + index));
  }

  #isGone(heads: readonly number[]): (token: number) => boolean {
    const tables = heads.flatMap((head) => this.#heads[head]?.evicted ?? []);
    return (token) => tables.some((evicted) => evicted[token] === 1);
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
