// For each complete page, KV head and channel: the middle of the keys, plus and minus their mean
// distance from it.
import { upperBound } from "kvpim/bounds";
import { KeyStore } from "kvpim/key_store";
import { address } from "kvpim/vectors";

/** Digests of pages of consecutive tokens. */
export class PageDigests {
  private upper: KeyStore;
  private lower: KeyStore;
  /** Keys of the page that fills up: [heads, page tokens, head-dim]. */
  private page: StaticArray<f32>;
  private filled: i32 = 0;

  constructor(private heads: i32, private headDim: i32, private pageTokens: i32) {
    this.upper = new KeyStore(heads, headDim);
    this.lower = new KeyStore(heads, headDim);
    this.page = new StaticArray<f32>(heads * pageTokens * headDim);
  }

  /** Complete pages. */
  get pages(): i32 {
    return this.upper.length;
  }

  /** Adds one token of a block of shape [heads, count, headDim]. */
  push(block: StaticArray<f32>, count: i32, token: i32): void {
    for (let head = 0; head < this.heads; head++) {
      memory.copy(
        this.key(head, this.filled),
        address(block, (head * count + token) * this.headDim),
        (<usize> this.headDim) << 2,
      );
    }
    this.filled++;
    if (this.filled < this.pageTokens) return;
    this.digest();
    this.filled = 0;
  }

  private digest(): void {
    const upper = new StaticArray<f32>(this.heads * this.headDim);
    const lower = new StaticArray<f32>(this.heads * this.headDim);
    for (let head = 0; head < this.heads; head++) {
      for (let channel = 0; channel < this.headDim; channel++) {
        const middle = this.middle(head, channel);
        const radius = this.distance(head, channel, middle);
        upper[head * this.headDim + channel] = middle + radius;
        lower[head * this.headDim + channel] = middle - radius;
      }
    }
    this.upper.append(upper, 1);
    this.lower.append(lower, 1);
  }

  /** Half way between the smallest and the largest key of a channel. */
  private middle(head: i32, channel: i32): f32 {
    let most = this.element(head, 0, channel);
    let least = most;
    for (let token = 1; token < this.pageTokens; token++) {
      const value = this.element(head, token, channel);
      if (most < value) most = value;
      if (value < least) least = value;
    }
    return (most + least) * <f32> 0.5;
  }

  /** Mean distance of a channel's keys from a number. */
  private distance(head: i32, channel: i32, from: f32): f32 {
    let sum: f32 = 0;
    for (let token = 0; token < this.pageTokens; token++) {
      sum += abs<f32>(this.element(head, token, channel) - from);
    }
    return sum / <f32> this.pageTokens;
  }

  private element(head: i32, token: i32, channel: i32): f32 {
    return load<f32>(this.key(head, token) + ((<usize> channel) << 2));
  }

  private key(head: i32, token: i32): usize {
    return address(this.page, (head * this.pageTokens + token) * this.headDim);
  }

  /** The most a query could score inside the box of a page's digest. */
  score(head: i32, page: i32, query: usize): f32 {
    return upperBound(this.upper.at(head, page), this.lower.at(head, page), query, this.headDim);
  }
}
