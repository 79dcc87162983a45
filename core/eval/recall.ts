/**
 * Recall: the share of the truly most relevant tokens that a policy keeps (STARC, figure 10).
 *
 * @module
 */
import * as v from "valibot";
import type { AttentionObserver, HeadAttention } from "./evaluated_model.ts";

const LayerRecallSchema = v.strictObject({
  /** Recalls added up, one for each query head and step. */
  sum: v.pipe(v.number(), v.minValue(0)),
  count: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

/** Recalls added up, by layer. */
export const RecallTotalsSchema = v.array(LayerRecallSchema);

/** Recalls added up, by layer. */
export type RecallTotals = v.InferOutput<typeof RecallTotalsSchema>;

/**
 * Measures recall while a model decodes.
 *
 * @example
 * ```ts
 * import { meanRecall, RecallMeter } from "./recall.ts";
 * import { equal } from "node:assert/strict";
 *
 * const meter = new RecallMeter(2);
 * const logits = Float32Array.of(5, 1, 4, 2);
 * meter.observe({ layer: 0, queryHead: 0, kept: [0, 3], logits });
 * equal(meanRecall(meter.totals), 0.5);
 * ```
 */
export class RecallMeter {
  readonly #totals: RecallTotals = [];

  /** @param budget how many tokens count as the most relevant; all, where there are fewer */
  constructor(readonly budget: number) {}

  /** Takes in what a query head attended to. */
  readonly observe: AttentionObserver = ({ layer, kept, logits }: HeadAttention) => {
    while (this.#totals.length <= layer) this.#totals.push({ sum: 0, count: 0 });
    const totals = this.#totals[layer]!;
    totals.sum += kept ? recall(kept, logits, this.budget) : 1;
    totals.count++;
  };

  /** What was measured so far. */
  get totals(): RecallTotals {
    return this.#totals.map((layer) => ({ ...layer }));
  }
}

/**
 * The share of the `budget` tokens of the largest logits that were kept. Of equal logits the earlier
 * token is the more relevant.
 *
 * @param kept token indices, each once
 * @param logits -Infinity for tokens that are not to be wanted
 * @returns 0 to 1; 1 where no token is wanted
 */
export function recall(kept: ArrayLike<number>, logits: Float32Array, budget: number): number {
  const sorted = logits.toSorted();
  const wanted = Math.min(budget, logits.length - 1 - sorted.lastIndexOf(-Infinity));
  if (wanted === 0) return 1;
  const least = sorted[logits.length - wanted]!;
  let above = 0;
  for (const logit of logits) if (logit > least) above++;
  const lastEqual = nthEqual(logits, least, wanted - above);
  let found = 0;
  for (let i = 0; i < kept.length; i++) {
    const token = kept[i]!;
    const logit = logits[token]!;
    if (logit > least || (logit === least && token <= lastEqual)) found++;
  }
  return found / wanted;
}

/** Where the n-th entry of some value stands, n from 1. */
function nthEqual(values: Float32Array, value: number, n: number): number {
  let at = -1;
  for (let left = n; left > 0; left--) at = values.indexOf(value, at + 1);
  return at;
}

/** Adds recalls together. */
export function addRecall(one: RecallTotals, other: RecallTotals): RecallTotals {
  const none = { sum: 0, count: 0 };
  return Array.from({ length: Math.max(one.length, other.length) }, (_, layer) => {
    const [a, b] = [one[layer] ?? none, other[layer] ?? none];
    return { sum: a.sum + b.sum, count: a.count + b.count };
  });
}

/** The mean over layers, heads and steps; none where nothing was measured. */
export function meanRecall(totals: RecallTotals): number | null {
  const sum = totals.reduce((total, layer) => total + layer.sum, 0);
  const count = totals.reduce((total, layer) => total + layer.count, 0);
  return count === 0 ? null : sum / count;
}
