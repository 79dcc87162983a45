/**
 * For tests only: which tokens are present, by query head, and whether a policy keeps its word.
 *
 * @module
 */
import { ok } from "node:assert/strict";
import type { Selection, Shape, TokenSets, Update } from "../reference/policy.ts";
import { range } from "../reference/ranking.ts";
import type { BudgetBinding } from "../../wasm/wit/policy/since-v0.1.0/policy.ts";

/** The cache as the host sees it. */
export class CacheModel {
  readonly #present: Set<number>[];
  readonly #slots: Map<number, number>[];
  #length = 0;
  #prompt = 0;

  constructor(private readonly shape: Shape, private readonly budget: BudgetBinding) {
    this.#present = range(0, shape.queryHeads).map(() => new Set());
    this.#slots = range(0, shape.queryHeads).map(() => new Map());
  }

  add(count: number): void {
    for (const token of range(this.#length, this.#length + count)) {
      for (const present of this.#present) present.add(token);
      for (const slots of this.#slots) slots.set(token, token);
    }
    this.#length += count;
  }

  endPrompt(): void {
    this.#prompt = this.#length;
  }

  /** Tokens present by query head, ascending. */
  present(): number[][] {
    return this.#present.map((tokens) => [...tokens]);
  }

  /** Applies an update; fails if it evicts what is not there or two tokens share a slot. */
  update({ evicted, placement }: Update): void {
    this.#forEachHead(evicted, (present, token) => {
      ok(present.delete(token), `Expected to evict tokens that are present but found ${token}`);
    });
    placement?.slots.forEach((slots, unit) => {
      for (const head of this.#queryHeads(placement.per, unit)) {
        slots.forEach((slot, i) => this.#slots[head]?.set(placement.firstToken + i, slot));
      }
    });
    if (placement !== null || evicted !== null) this.#checkSlots();
  }

  /** What a selection lets each query head see, ascending; fails if it may not. */
  visible({ visible }: Selection): number[][] {
    const sets = visible === "everything" ? this.present() : range(0, this.shape.queryHeads).map(
      (head) => setOf(visible, head, this.shape),
    );
    sets.forEach((tokens, head) => {
      ok(new Set(tokens).size === tokens.length, "Expected each token once a head");
      for (const token of tokens) {
        ok(this.#present[head]?.has(token), `Expected tokens that are present but found ${token}`);
      }
      this.#checkBudget(tokens);
    });
    return sets.map((tokens) => [...tokens].sort((a, b) => a - b));
  }

  #checkBudget(tokens: readonly number[]): void {
    if (this.budget.tag === "unbound") return;
    const counted = this.budget.tag === "prompt-only"
      ? tokens.filter((token) => token < this.#prompt).length
      : tokens.length;
    const granted = this.budget.tag === "at-least" ? this.budget.value : 0;
    const most = Math.max(this.shape.budget, granted);
    ok(counted <= most, `Expected at most ${most} tokens but found ${counted}`);
  }

  #checkSlots(): void {
    this.#present.forEach((present, head) => {
      const used = new Set([...present].map((token) => this.#slots[head]?.get(token)));
      ok(used.size === present.size, "Expected a slot of its own for each token");
    });
  }

  /** Query heads of one head of a unit. */
  #queryHeads(per: TokenSets["per"], head: number): number[] {
    const group = this.shape.queryHeads / this.shape.kvHeads;
    return per === "query-head" ? [head] : range(head * group, (head + 1) * group);
  }

  #forEachHead(sets: TokenSets | null, act: (present: Set<number>, token: number) => void): void {
    if (sets === null) return;
    this.#present.forEach((present, head) => {
      for (const token of setOf(sets, head, this.shape)) act(present, token);
    });
  }
}

function setOf({ per, sets }: TokenSets, queryHead: number, shape: Shape): readonly number[] {
  const group = shape.queryHeads / shape.kvHeads;
  return sets[per === "query-head" ? queryHead : Math.floor(queryHead / group)] ?? [];
}
