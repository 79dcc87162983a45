/**
 * For tests only: H2O (arXiv 2306.14048; FMInference/H2O, h2o_hf/utils_hh/modify_llama.py).
 *
 * @module
 */
import { at, f32 } from "./float32.ts";
import { CompactCache } from "./compact_cache.ts";
import {
  type Access,
  type KeyBlock,
  ReferencePolicy,
  type Selection,
  selectionOf,
  type Shape,
  type Update,
  updateOf,
  type Weights,
} from "./policy.ts";
import { range, topK } from "./ranking.ts";

/** The tokens with the largest accumulated attention, and the newest ones. */
export class H2oReference extends ReferencePolicy {
  readonly #cache = new CompactCache(this.shape.kvHeads);
  /** Accumulated attention by KV head and token. */
  readonly #scores: Map<number, number>[] = range(0, this.shape.kvHeads).map(() => new Map());

  constructor(shape: Shape, private readonly heavyFraction: number) {
    super(shape);
  }

  override prefill(block: KeyBlock): void {
    super.prefill(block);
    block[0]?.forEach(() => this.#cache.enter());
  }

  override endPrefill(weights: Weights): Update {
    this.#accumulate(weights);
    const accesses = [this.#traffic("write")];
    return { ...this.#cache.retainAndCompact(this.#kept()), accesses };
  }

  override append(block: KeyBlock): Update {
    super.prefill(block);
    return updateOf({ placement: this.#cache.enter() });
  }

  override select(): Selection {
    return selectionOf("everything");
  }

  override observe(weights: Weights): Update {
    this.#accumulate(weights);
    const accesses = [this.#traffic("read"), this.#traffic("write")];
    return updateOf({ evicted: this.#cache.retain(this.#kept()), accesses });
  }

  /** Adds weights, one query head of a group after the other. */
  #accumulate({ tokens, weights }: Weights): void {
    tokens.forEach((own, head) => {
      const scores = this.#scores[Math.floor(head / this.group)];
      own.forEach((token, i) => {
        scores?.set(token, f32((scores.get(token) ?? 0) + at(weights[head] ?? [], i)));
      });
    });
  }

  /** What stays, so that one more token fits the budget. */
  #kept(): number[][] {
    const { budget } = this.shape;
    const heavy = Math.min(Math.floor(budget * this.heavyFraction), budget - 1);
    const recent = budget - 1 - heavy;
    return range(0, this.shape.kvHeads).map((head) => {
      const present = this.#cache.present(head);
      if (present.length < budget) return present;
      const older = present.slice(0, present.length - recent);
      const scores = older.map((token) => this.#scores[head]?.get(token) ?? 0);
      return [
        ...topK(scores, heavy).map((rank) => at(older, rank)),
        ...present.slice(present.length - recent),
      ];
    });
  }

  #traffic(direction: Access["direction"]): Access {
    const tokens = range(0, this.shape.kvHeads).reduce(
      (total, head) => total + this.#cache.present(head).length,
      0,
    );
    const { elementBytes, kvHeads } = this.shape;
    return { kind: "scores", direction, bytes: tokens * elementBytes, pieces: kvHeads };
  }
}
