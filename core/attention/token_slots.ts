import type { HeadUnit, SlotPlacement } from "./policy_events.ts";

/**
 * Where the tokens of one layer lie: the storage slot of each token of each head.
 *
 * @example
 * ```ts
 * import { TokenSlots } from "./token_slots.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const slots = new TokenSlots("kv-head", 1);
 * slots.place({ per: "kv-head", firstToken: 1, slots: Uint32Array.of(2, 1) });
 * deepEqual([...slots.ofHead(0, 4)], [0, 2, 1, 3]);
 * ```
 */
export class TokenSlots {
  readonly #heads: Uint32Array[];

  /** @param per whose slots @param heads how many such heads the layer has */
  constructor(readonly per: HeadUnit, heads: number) {
    this.#heads = Array.from({ length: heads }, () => new Uint32Array(0));
  }

  /**
   * Notes where consecutive tokens lie from now on.
   *
   * @throws {RangeError} if the slots are of other heads, or not as many for each head
   */
  place({ per, firstToken, slots }: SlotPlacement) {
    const count = slots.length / this.#heads.length;
    if (per !== this.per || !Number.isInteger(count)) {
      throw new RangeError(
        `Expected slots for ${this.#heads.length} ${this.per}s but found ${slots.length} ` +
          `for ${per}s`,
      );
    }
    this.#heads.forEach((_, head) => {
      const own = this.#withRoom(head, firstToken + count);
      own.set(slots.subarray(head * count, (head + 1) * count), firstToken);
    });
  }

  /** Slots of a head's first tokens. Good until the next placement. */
  ofHead(head: number, tokens: number): Uint32Array {
    return this.#withRoom(head, tokens).subarray(0, tokens);
  }

  #withRoom(head: number, tokens: number): Uint32Array {
    const slots = this.#heads[head]!;
    if (tokens <= slots.length) return slots;
    const grown = new Uint32Array(Math.max(tokens, 2 * slots.length, 64));
    grown.set(slots);
    for (let token = slots.length; token < grown.length; token++) grown[token] = token;
    return this.#heads[head] = grown;
  }
}
