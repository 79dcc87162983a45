/**
 * For tests only: ArkVale (NeurIPS 2024; pku-liang/ArkVale, source/arkvale/infer_state.py).
 *
 * @module
 */
import { at, dot, f32, sum, type Vector } from "./float32.ts";
import {
  type Access,
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

/** Parameters of ArkVale. */
export interface ArkvaleSettings {
  readonly pageTokens: number;
  readonly sinkPages: number;
  readonly windowPages: number;
  readonly recallFraction: number;
}

/** Pages near by, and those recalled because their digest scores high. */
export class ArkvaleReference extends ReferencePolicy {
  /** Pages between sinks and window that are near by; all of them until room runs out. */
  #resident = new Set<number>();
  /** The first page that has not yet left the window. */
  #window: number;

  constructor(shape: Shape, private readonly settings: ArkvaleSettings) {
    super(shape);
    this.#window = settings.sinkPages;
  }

  override append(block: KeyBlock): Update {
    const before = this.#completePages();
    super.append(block);
    const completed = this.#completePages() - before;
    return updateOf({ accesses: completed === 0 ? [] : [this.#digests("write", completed)] });
  }

  override select({ queries }: StepQueries): Selection {
    const { sinkPages, windowPages } = this.settings;
    const pages = Math.ceil(this.length / this.settings.pageTokens);
    const end = Math.max(pages - windowPages, sinkPages);
    range(this.#window, end).forEach((page) => this.#resident.add(page));
    this.#window = end;
    const recalled = this.#recall(end, queries);
    const kept = [
      ...range(0, Math.min(sinkPages, pages)),
      ...[...this.#resident].sort((a, b) => a - b),
      ...range(end, pages),
    ];
    const tokens = kept.flatMap((page) => this.#tokens(page));
    const sets = range(0, this.shape.kvHeads).map(() => tokens);
    return selectionOf({ per: "kv-head", sets }, this.#accesses(end - sinkPages, recalled));
  }

  /** Brings the best pages near and drops the worst; gives how many were brought. */
  #recall(end: number, queries: readonly Vector[]): number {
    const { sinkPages, windowPages, recallFraction } = this.settings;
    const budgetPages = this.#budgetPages();
    const room = budgetPages - sinkPages - windowPages;
    const candidates = range(sinkPages, end);
    if (candidates.length <= room) return 0;
    const wanted = Math.floor(budgetPages * recallFraction) - sinkPages - (windowPages - 1);
    const scores = candidates.map((page) => this.#score(page, queries));
    const best = topK(scores, Math.min(Math.max(wanted, 0), room)).map((i) => at(candidates, i));
    const recalled = best.filter((page) => !this.#resident.has(page)).length;
    const others = candidates.filter((page) => this.#resident.has(page) && !best.includes(page));
    const kept = topK(others.map((page) => at(scores, page - sinkPages)), room - best.length);
    this.#resident = new Set([...best, ...kept.map((i) => at(others, i))]);
    return recalled;
  }

  #budgetPages(): number {
    const { pageTokens, sinkPages, windowPages } = this.settings;
    return Math.max(Math.floor(this.shape.budget / pageTokens), sinkPages + windowPages);
  }

  /** The most a query could score inside the box of a page's digest, summed over query heads. */
  #score(page: number, queries: readonly Vector[]): number {
    return sum(queries.map((query, head) => {
      const keys = this.#tokens(page).map((token) => this.keysOf(head)[token] ?? []);
      const corner = Array.from(query, (value, channel) => {
        const column = keys.map((key) => at(key, channel));
        const centre = middle(column);
        const radius = f32(sum(column.map((key) => Math.abs(f32(key - centre)))) / column.length);
        return value > 0 ? f32(centre + radius) : f32(centre - radius);
      });
      return dot(corner, query);
    }));
  }

  #tokens(page: number): number[] {
    const first = page * this.settings.pageTokens;
    return range(first, Math.min(first + this.settings.pageTokens, this.length));
  }

  #completePages(): number {
    return Math.floor(this.length / this.settings.pageTokens);
  }

  #accesses(candidates: number, recalled: number): Access[] {
    const { kvHeads } = this.shape;
    if (candidates <= this.#budgetPages() - this.settings.sinkPages - this.settings.windowPages) {
      return [];
    }
    const pages = recalled * kvHeads;
    const bytes = 2 * pages * this.settings.pageTokens * this.vectorBytes;
    const recall: Access = { kind: "keys", direction: "read", bytes, pieces: 2 * pages };
    return [this.#digests("read", candidates), ...(recalled > 0 ? [recall] : [])];
  }

  #digests(direction: "read" | "write", pages: number): Access {
    const bytes = 2 * pages * this.vectorBytes * this.shape.kvHeads;
    return { kind: "page-digests", direction, bytes, pieces: this.shape.kvHeads };
  }
}

/** Half way between the smallest and the largest. */
function middle(values: readonly number[]): number {
  const most = values.reduce((a, b) => a < b ? b : a);
  const least = values.reduce((a, b) => b < a ? b : a);
  return f32(f32(most + least) * 0.5);
}
