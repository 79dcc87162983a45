/**
 * For tests only: SnapKV (arXiv 2404.14469; FasterDecoding/SnapKV,
 * snapkv/monkeypatch/snapkv_utils.py).
 *
 * @module
 */
import { at, f32, sum } from "./float32.ts";
import {
  type KeyBlock,
  ReferencePolicy,
  type Selection,
  selectionOf,
  type Shape,
  type Update,
  updateOf,
  type Weights,
} from "./policy.ts";
import { range, ranking } from "./ranking.ts";

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

  /** Tokens of the prompt, once it was cut down. */
  #prompt = 0;

  override endPrefill({ weights }: Weights): Update {
    if (this.length <= this.shape.budget) return updateOf();
    this.#prompt = this.length;
    const window = Math.min(this.settings.windowTokens, this.shape.budget);
    const older = this.length - window;
    const kept = weights.map((own) =>
      ranking(this.#pool(own.slice(0, older))).slice(0, this.shape.budget - window)
    );
    return updateOf({
      evicted: {
        per: "query-head",
        sets: kept.map((own) => range(0, older).filter((token) => !own.includes(token))),
      },
      placement: {
        per: "query-head",
        firstToken: 0,
        slots: kept.map((own) => slotsOf([...own, ...range(older, this.length)], this.length)),
      },
      accesses: [{
        kind: "scores",
        direction: "read",
        bytes: older * this.shape.elementBytes * this.shape.queryHeads,
        pieces: this.shape.queryHeads,
      }],
    });
  }

  /** New tokens follow what was kept. */
  override append(block: KeyBlock): Update {
    const firstToken = this.length;
    super.append(block);
    if (this.#prompt === 0) return updateOf();
    const slots = range(firstToken, this.length).map((token) =>
      this.shape.budget + token - this.#prompt
    );
    const perHead = range(0, this.shape.queryHeads).map(() => slots);
    return updateOf({ placement: { per: "query-head", firstToken, slots: perHead } });
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

/** Slots by token of tokens in the order in which they are stored; 0 for the others. */
function slotsOf(stored: readonly number[], length: number): number[] {
  return range(0, length).map((token) => Math.max(stored.indexOf(token), 0));
}
