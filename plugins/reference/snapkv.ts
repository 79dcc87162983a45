/**
 * For tests only: SnapKV (arXiv 2404.14469; FasterDecoding/SnapKV,
 * snapkv/monkeypatch/snapkv_utils.py).
 *
 * @module
 */
import { at, f32, sum } from "./float32.ts";
import {
  ReferencePolicy,
  type Selection,
  selectionOf,
  type Shape,
  type Update,
  updateOf,
  type Weights,
} from "./policy.ts";
import { range, topK } from "./ranking.ts";

/** Parameters of SnapKV. */
export interface SnapkvSettings {
  readonly windowTokens: number;
  readonly kernel: number;
  readonly pooling: "average" | "maximum";
}

/** The prompt's tokens that its last queries attended to most, pooled over neighbours. */
export class SnapkvReference extends ReferencePolicy {
  constructor(shape: Shape, private readonly settings: SnapkvSettings) {
    super(shape);
  }

  override endPrefill({ weights }: Weights): Update {
    if (this.length <= this.shape.budget) return updateOf();
    const window = Math.min(this.settings.windowTokens, this.shape.budget);
    const older = this.length - window;
    const sets = weights.map((own) => {
      const kept = new Set(topK(this.#pool(own.slice(0, older)), this.shape.budget - window));
      return range(0, older).filter((token) => !kept.has(token));
    });
    return updateOf({
      evicted: { per: "query-head", sets },
      accesses: [{
        kind: "scores",
        direction: "read",
        bytes: older * this.shape.elementBytes * this.shape.queryHeads,
        pieces: this.shape.queryHeads,
      }],
    });
  }

  #pool(weights: readonly number[]): number[] {
    const { kernel, pooling } = this.settings;
    return weights.map((_, token) => {
      const first = token - Math.floor(kernel / 2);
      const taps = range(Math.max(first, 0), Math.min(first + kernel, weights.length))
        .map((neighbour) => at(weights, neighbour));
      return pooling === "average" ? f32(sum(taps) / kernel) : Math.max(...taps);
    });
  }

  override select(): Selection {
    return selectionOf("everything");
  }
}
