// For each page of tokens, KV head and channel: the largest and the smallest key.
import { upperBound } from "kvpim/bounds";
import { KeyStore } from "kvpim/key_store";
import { address } from "kvpim/vectors";

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

  /** Writes the most any key of each page could score to the start of `scores`. */
  scoreAll(head: i32, query: usize, scores: StaticArray<f32>): void {
    const pages = this.pages;
    for (let page = 0; page < pages; page++) {
      const bound = upperBound(
        this.maxima.at(head, page),
        this.minima.at(head, page),
        query,
        this.headDim,
      );
      unchecked(scores[page] = bound);
    }
  }
}
