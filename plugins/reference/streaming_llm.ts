/**
 * For tests only: StreamingLLM (arXiv 2309.17453; mit-han-lab/streaming-llm,
 * streaming_llm/kv_cache.py).
 *
 * @module
 */
import { CompactCache } from "./compact_cache.ts";
import {
  type KeyBlock,
  ReferencePolicy,
  type Selection,
  selectionOf,
  type Shape,
  type Update,
  updateOf,
} from "./policy.ts";
import { range } from "./ranking.ts";

/** The first tokens and the newest ones. */
export class StreamingLlmReference extends ReferencePolicy {
  readonly #cache = new CompactCache(this.shape.kvHeads);

  constructor(shape: Shape, private readonly sinkTokens: number) {
    super(shape);
  }

  override prefill(block: KeyBlock): void {
    super.prefill(block);
    block[0]?.forEach(() => this.#cache.enter());
  }

  override endPrefill(): Update {
    return this.#cache.retainAndCompact(this.#kept());
  }

  override append(block: KeyBlock): Update {
    super.prefill(block);
    const first = this.length - (block[0]?.length ?? 0);
    // Makes room first, so that the new token takes the place of the one that goes.
    const evicted = this.#cache.retain(this.#kept(first));
    return updateOf({ evicted, placement: this.#cache.enter() });
  }

  /** All tokens present below `end` that stay. */
  #kept(end = this.length): number[][] {
    const sinks = Math.min(this.sinkTokens, this.shape.budget - 1);
    const recent = Math.max(this.length - (this.shape.budget - sinks), sinks);
    const kept = this.length <= this.shape.budget
      ? range(0, end)
      : [...range(0, sinks), ...range(recent, end)];
    return range(0, this.shape.kvHeads).map(() => kept);
  }

  override select(): Selection {
    return selectionOf("everything");
  }
}
