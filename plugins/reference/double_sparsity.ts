/**
 * For tests only: Double Sparsity (arXiv 2408.07092; andy-yang-1/DoubleSparse,
 * evaluation/modify_llama.py).
 *
 * @module
 */
import { at, dot, f32, roundHalfEven, type Vector } from "./float32.ts";
import { magnitudes } from "./key_projection.ts";
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
import { range, topK } from "./ranking.ts";

/** Parameters of Double Sparsity. */
export interface DoubleSparsitySettings {
  readonly groupFactor: number;
  /** Bits of a label element; 0 for no quantisation. */
  readonly labelBits: number;
}

/** Tokens with the largest scores over a few channels, chosen once and stored in few bits. */
export class DoubleSparsityReference extends ReferencePolicy {
  /** By query head, ascending. */
  #channels: number[][] = [];

  constructor(
    shape: Shape,
    private readonly settings: DoubleSparsitySettings,
    private readonly calibration: Calibration,
  ) {
    super(shape);
  }

  get #count(): number {
    return Math.max(Math.floor(this.shape.headDim / this.settings.groupFactor), 1);
  }

  override endPrefill(): Update {
    const { queryHeads, headDim } = this.shape;
    const ranked = new Uint16Array(this.calibration.buffer);
    this.#channels = range(0, queryHeads).map((head) =>
      this.calibration.length > 0
        ? Array.from(ranked.slice(head * headDim, head * headDim + this.#count))
          .sort((a, b) => a - b)
        : topK(magnitudes(this.keysOf(head), headDim), this.#count)
    );
    return updateOf({ accesses: [this.#traffic("write", this.length)] });
  }

  override append(block: KeyBlock): Update {
    super.append(block);
    return updateOf({ accesses: [this.#traffic("write", block[0]?.length ?? 0)] });
  }

  override select({ queries }: StepQueries): Selection {
    const scale = f32(Math.sqrt(f32(this.shape.headDim / this.settings.groupFactor)));
    const sets = queries.map((query, head) => {
      const channels = this.#channels[head] ?? [];
      const partial = channels.map((channel) => at(query, channel));
      const scores = this.keysOf(head).map((key) =>
        f32(dot(this.#label(key, channels), partial) / scale)
      );
      return topK(scores, this.shape.budget);
    });
    return selectionOf({ per: "query-head", sets }, [this.#traffic("read", this.length)]);
  }

  /** The chosen channels of a key, rounded to the levels between its smallest and largest. */
  #label(key: Vector, channels: readonly number[]): number[] {
    const values = channels.map((channel) => at(key, channel));
    if (this.settings.labelBits === 0) return values;
    const least = values.reduce((a, b) => b < a ? b : a);
    const most = values.reduce((a, b) => a < b ? b : a);
    const step = f32(f32(most - least) / (2 ** this.settings.labelBits - 1));
    if (!(step > 0)) return values;
    return values.map((value) =>
      f32(f32(roundHalfEven(f32(f32(value - least) / step)) * step) + least)
    );
  }

  /** Bytes of a label: its elements, and two numbers that say where its levels are. */
  #labelBytes(): number {
    const { elementBytes } = this.shape;
    const { labelBits } = this.settings;
    if (labelBits === 0) return this.#count * elementBytes;
    return Math.ceil(this.#count * labelBits / 8) + 2 * elementBytes;
  }

  #traffic(direction: "read" | "write", tokens: number) {
    const { queryHeads } = this.shape;
    const bytes = tokens * this.#labelBytes() * queryHeads;
    return { kind: "codes", direction, bytes, pieces: queryHeads };
  }
}
