// Which pages between the sinks and the window are near by.
import { topK } from "kvpim/top_k";

/** Pages near by: all of them until room runs out, then those that scored well. */
export class ResidentPages {
  private resident: Array<bool> = [];

  /**
   * @param first The first page that is no sink
   * @param room Pages that fit
   * @param ranked Pages that a step recalls at most
   */
  constructor(private first: i32, private room: i32, private ranked: i32) {}

  /** Takes in the pages up to, not including, `end`: they leave the window. */
  extend(end: i32): void {
    while (this.first + this.resident.length < end) {
      this.resident.push(true);
    }
  }

  /** Whether a page is near by. */
  has(page: i32): bool {
    const i = page - this.first;
    return i >= 0 && i < this.resident.length && this.resident[i];
  }

  /** Whether there are more pages than fit, near or far. */
  get isOverfull(): bool {
    return this.resident.length > this.room;
  }

  /**
   * Brings the pages with the best scores near and drops the worst others.
   *
   * @returns How many were not near before
   */
  recall(scores: StaticArray<f32>): i32 {
    const best: Array<u32> = [];
    topK(scores, scores.length, this.ranked, best);
    const before = this.resident;
    const after = new Array<bool>(before.length);
    let recalled = 0;
    for (let i = 0; i < best.length; i++) {
      after[best[i]] = true;
      if (!before[best[i]]) recalled++;
    }
    const others: Array<u32> = [];
    for (let i = 0; i < before.length; i++) if (before[i] && !after[i]) others.push(i);
    const otherScores = new StaticArray<f32>(others.length);
    for (let i = 0; i < others.length; i++) otherScores[i] = scores[others[i]];
    const kept: Array<u32> = [];
    topK(otherScores, others.length, this.room - best.length, kept);
    for (let i = 0; i < kept.length; i++) after[others[kept[i]]] = true;
    this.resident = after;
    return recalled;
  }
}
