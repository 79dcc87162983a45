// For each page of tokens, KV head and channel: the largest and the smallest key.
import { upperBounds } from "kvpim/bounds";
import { GroupScores } from "kvpim/group_scores";
import { KeyStore } from "kvpim/key_store";
import { address } from "kvpim/vectors";

/** Pages that all queries of a group are held against while they are in the nearest cache. */
const TILE_PAGES: i32 = 64;

/** Bounds of the keys of pages of consecutive tokens. */
export class PageBounds {
  private maxima: KeyStore;
  private minima: KeyStore;
  private token: StaticArray<f32>;

  constructor(private heads: i32, private headDim: i32, private pageTokens: i32) {
    this.maxima = new KeyStore(heads, headDim);
    this.minima = new KeyStore(heads, headDim);
    this.token = new StaticArray<f32>(heads * headDim);
  }

  /** Pages begun. */
  get pages(): i32 {
    return this.maxima.length;
  }

  /** Adds tokens after the first `length`; `keys` has shape [heads, count, headDim]. */
  append(keys: StaticArray<f32>, count: i32, length: i32): void {
    for (let i = 0; i < count; i++) {
      if ((length + i) % this.pageTokens === 0) this.beginPage(keys, count, i);
      else this.widen(keys, count, i);
    }
  }

  private beginPage(keys: StaticArray<f32>, count: i32, token: i32): void {
    const dim = this.headDim;
    for (let head = 0; head < this.heads; head++) {
      memory.copy(
        address(this.token, head * dim),
        address(keys, (head * count + token) * dim),
        (<usize> dim) << 2,
      );
    }
    this.maxima.append(this.token, 1);
    this.minima.append(this.token, 1);
  }

  private widen(keys: StaticArray<f32>, count: i32, token: i32): void {
    const page = this.pages - 1;
    for (let head = 0; head < this.heads; head++) {
      const key = address(keys, (head * count + token) * this.headDim);
      const maximum = this.maxima.at(head, page);
      const minimum = this.minima.at(head, page);
      for (let at: usize = 0; at < (<usize> this.headDim) << 2; at += 16) {
        const channels = v128.load(key + at);
        v128.store(maximum + at, f32x4.pmax(v128.load(maximum + at), channels));
        v128.store(minimum + at, f32x4.pmin(v128.load(minimum + at), channels));
      }
    }
  }

  /**
   * Writes the most any key of each page could score with each query of a group.
   *
   * @param queries Address of the first query; the others follow
   */
  scoreAll(head: i32, queries: usize, scores: GroupScores): void {
    scores.fit(this.pages);
    for (let first = 0; first < this.pages; first += TILE_PAGES) {
      const maxima = this.maxima.at(head, first);
      const minima = this.minima.at(head, first);
      const count = min(TILE_PAGES, this.pages - first);
      for (let query = 0; query < scores.queries; query++) {
        const from = queries + ((<usize> (query * this.headDim)) << 2);
        const into = address(scores.of(query), first);
        upperBounds(maxima, minima, count, from, this.headDim, into);
      }
    }
  }
}
