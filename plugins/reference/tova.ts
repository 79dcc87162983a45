/**
 * For tests only: TOVA (arXiv 2401.06104; schwartz-lab-NLP/TOVA, src/tova_cache.py).
 *
 * @module
 */
import { at, f32, sum } from "./float32.ts";
import { CompactCache } from "./compact_cache.ts";
import {
  type KeyBlock,
  ReferencePolicy,
  type Selection,
  selectionOf,
  type Update,
  updateOf,
  type Weights,
} from "./policy.ts";
import { range, topK } from "./ranking.ts";

/** The tokens the last query gave the most attention, on average over all heads. */
export class TovaReference extends ReferencePolicy {
  readonly #cache = new CompactCache(this.shape.kvHeads);

  override prefill(block: KeyBlock): void {
    super.prefill(block);
    block[0]?.forEach(() => this.#cache.enter());
  }

  override endPrefill(weights: Weights): Update {
    return this.#cache.retainAndCompact(this.#kept(weights));
  }

  override append(block: KeyBlock): Update {
    super.prefill(block);
    return updateOf({ placement: this.#cache.enter() });
  }

  override select(): Selection {
    return selectionOf("everything");
  }

  override observe(weights: Weights): Update {
    return updateOf({ evicted: this.#cache.retain(this.#kept(weights)) });
  }

  /** What stays, so that one more token fits the budget: the same in every head. */
  #kept({ weights }: Weights): number[][] {
    const present = this.#cache.present(0);
    const means = present.map((_, rank) =>
      f32(sum(weights.map((own) => at(own, rank))) / this.shape.queryHeads)
    );
    const kept = present.length < this.shape.budget
      ? present
      : topK(means, this.shape.budget - 1).map((rank) => at(present, rank));
    return range(0, this.shape.kvHeads).map(() => kept);
  }
}
