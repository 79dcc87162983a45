/**
 * For tests only: Quest (arXiv 2406.10774; mit-han-lab/Quest, evaluation/quest_attention.py).
 *
 * @module
 */
import { at, dot, type Vector } from "./float32.ts";
import {
  type KeyBlock,
  ReferencePolicy,
  type Selection,
  selectionOf,
  type Shape,
  type StepQueries,
  type Update,
  updateOf,
} from "./policy.ts";
import { range, topK } from "./ranking.ts";

/** Parameters of Quest. */
export interface QuestSettings {
  readonly pageTokens: number;
  readonly minimumPages: number;
  readonly keepLastPage: boolean;
}

/** Pages with the largest upper bound of a score. */
export class QuestReference extends ReferencePolicy {
  constructor(shape: Shape, private readonly settings: QuestSettings) {
    super(shape);
  }

  override append(block: KeyBlock): Update {
    super.append(block);
    const count = block[0]?.length ?? 0;
    return updateOf({
      accesses: [{
        kind: "page-digests",
        direction: "write",
        bytes: 2 * this.vectorBytes * count * this.shape.kvHeads,
        pieces: count * this.shape.kvHeads,
      }],
    });
  }

  override select({ queries }: StepQueries): Selection {
    const pages = Math.ceil(this.length / this.settings.pageTokens);
    const sets = queries.map((query, head) => {
      const scores = range(0, pages).map((page) => this.#bound(this.#page(head, page), query));
      return this.#keep(scores).flatMap((page) => this.#tokens(page));
    });
    return selectionOf({ per: "query-head", sets }, [{
      kind: "page-digests",
      direction: "read",
      bytes: 2 * this.vectorBytes * pages * this.shape.kvHeads,
      pieces: this.shape.kvHeads,
    }]);
  }

  /** How many pages fit the budget: at least the minimum, at most all. */
  #pagesKept(pages: number): number {
    const { pageTokens, minimumPages } = this.settings;
    const afforded = Math.floor(Math.min(this.shape.budget, this.length) / pageTokens);
    return Math.min(Math.max(minimumPages, afforded), pages);
  }

  #keep(scores: number[]): number[] {
    const count = this.#pagesKept(scores.length);
    if (!this.settings.keepLastPage) return topK(scores, count);
    return [...topK(scores.slice(0, -1), count - 1), scores.length - 1];
  }

  #tokens(page: number): number[] {
    const first = page * this.settings.pageTokens;
    return range(first, Math.min(first + this.settings.pageTokens, this.length));
  }

  #page(head: number, page: number): Vector[] {
    return this.#tokens(page).map((token) => this.keysOf(head)[token] ?? []);
  }

  /** For each channel its largest key where the query is positive, else its smallest. */
  #bound(page: Vector[], query: Vector): number {
    const extremes = Array.from(query, (value, channel) => {
      const column = page.map((key) => at(key, channel));
      return value > 0
        ? column.reduce((most, key) => most < key ? key : most)
        : column.reduce((least, key) => key < least ? key : least);
    });
    return dot(extremes, query);
  }
}
