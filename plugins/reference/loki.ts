/**
 * For tests only: Loki (arXiv 2406.02542; hpcgroup/loki, methods/pca_topk).
 *
 * @module
 */
import { dot, f32, type Vector } from "./float32.ts";
import { alongChannels, alongRows, type Projection, spreads } from "./key_projection.ts";
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
import { topK } from "./ranking.ts";

/** Tokens with the largest scores along the principal components of the keys. */
export class LokiReference extends ReferencePolicy {
  #projections: Projection[] = [];

  constructor(
    shape: Shape,
    private readonly rank: number,
    private readonly calibration: Calibration,
  ) {
    super(shape);
  }

  get #components(): number {
    return Math.min(this.rank, this.shape.headDim);
  }

  override endPrefill(): Update {
    const { kvHeads, headDim } = this.shape;
    this.#projections = this.calibration.length > 0
      ? alongRows(this.calibration, kvHeads, headDim, this.#components)
      : this.keys.map((keys) => alongChannels(spreads(keys, headDim), this.#components));
    return updateOf({ accesses: [this.#traffic("write", this.length)] });
  }

  override append(block: KeyBlock): Update {
    super.append(block);
    return updateOf({ accesses: [this.#traffic("write", block[0]?.length ?? 0)] });
  }

  override select({ queries }: StepQueries): Selection {
    const sets = queries.map((query, head) => topK(this.#scores(query, head), this.shape.budget));
    return selectionOf({ per: "query-head", sets }, [this.#traffic("read", this.length)]);
  }

  #scores(query: Vector, head: number): number[] {
    const project = this.#projections[Math.floor(head / this.group)];
    const partial = project?.(query) ?? [];
    const scale = f32(Math.sqrt(this.shape.headDim));
    return this.keysOf(head).map((key) => f32(dot(project?.(key) ?? [], partial) / scale));
  }

  #traffic(direction: "read" | "write", tokens: number) {
    const { elementBytes, kvHeads } = this.shape;
    const bytes = tokens * this.#components * elementBytes * kvHeads;
    return { kind: "codes", direction, bytes, pieces: kvHeads };
  }
}
