/**
 * For tests only: InfiniGen (arXiv 2406.19707; snu-comparch/InfiniGen, accuracy/ and speedup/).
 *
 * @module
 */
import { dot, f32 } from "./float32.ts";
import { alongChannels, alongRows, magnitudes, type Projection } from "./key_projection.ts";
import {
  type Calibration,
  type KeyBlock,
  ReferencePolicy,
  type Selection,
  selectionOf,
  type Shape,
  type StepQueries,
  type Update,
  updateOf,
} from "./policy.ts";
import { ordered, topK } from "./ranking.ts";

/** Parameters of InfiniGen. */
export interface InfinigenSettings {
  readonly partialRatio: number;
  readonly alpha: number;
}

/** Tokens that a query guessed one layer ahead scores near its best. */
export class InfinigenReference extends ReferencePolicy {
  #projections: Projection[] = [];

  constructor(
    shape: Shape,
    private readonly settings: InfinigenSettings,
    private readonly calibration: Calibration,
  ) {
    super(shape);
  }

  get #rank(): number {
    return Math.max(Math.floor(this.shape.headDim * this.settings.partialRatio), 1);
  }

  override endPrefill(): Update {
    const { kvHeads, headDim } = this.shape;
    this.#projections = this.calibration.length > 0
      ? alongRows(this.calibration, kvHeads, headDim, this.#rank)
      : this.keys.map((keys) => alongChannels(magnitudes(keys, headDim), this.#rank));
    return updateOf({ accesses: [this.#traffic("write", this.length)] });
  }

  override append(block: KeyBlock): Update {
    super.append(block);
    return updateOf({ accesses: [this.#traffic("write", block[0]?.length ?? 0)] });
  }

  override select({ speculated }: StepQueries): Selection {
    const scores = speculated.map((query, head) => this.#scores(query, head));
    const count = Math.min(this.#meanCount(scores), this.shape.budget - 1);
    const sets = scores.map((own) => [...topK(own, count), this.length - 1]);
    return selectionOf({ per: "query-head", sets }, [this.#traffic("read", this.length - 1)]);
  }

  /** Scores of all tokens but the newest: the guess is made before its key is known. */
  #scores(query: ArrayLike<number>, head: number): number[] {
    const project = this.#projections[Math.floor(head / this.group)];
    const partial = project?.(query) ?? [];
    const scale = f32(Math.sqrt(this.shape.headDim));
    return this.keysOf(head).slice(0, -1).map((key) =>
      f32(dot(project?.(key) ?? [], partial) / scale)
    );
  }

  /** How many tokens of a head score within alpha of its best, on average, rounded down. */
  #meanCount(scores: number[][]): number {
    const counts = scores.map((own) => {
      const largest = own.map(ordered).reduce((a, b) => Math.max(a, b), -Infinity);
      const least = f32(largest - f32(this.settings.alpha));
      return own.filter((score) => score > least).length;
    });
    return Math.floor(counts.reduce((total, count) => total + count, 0) / scores.length);
  }

  #traffic(direction: "read" | "write", tokens: number) {
    const { elementBytes, kvHeads } = this.shape;
    const bytes = tokens * this.#rank * elementBytes * kvHeads;
    return { kind: "codes", direction, bytes, pieces: kvHeads };
  }
}
