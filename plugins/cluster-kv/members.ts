// Which tokens are in which cluster.
import { pushFrom } from "kvpim/lists";

/** Members of every KV head's clusters, in the order of the tokens. */
export class Members {
  /** By head: tokens, cluster by cluster. */
  private tokens: Array<Array<u32>> = [];
  /** By head: where each cluster begins, and the end. */
  private starts: Array<Array<u32>> = [];

  constructor(heads: i32) {
    for (let head = 0; head < heads; head++) {
      this.tokens.push([]);
      this.starts.push([0]);
    }
  }

  /** Adds clusters of a head; `labels` are those of the tokens from `firstToken` on. */
  append(head: i32, labels: StaticArray<i32>, clusters: i32, firstToken: i32): void {
    const tokens = this.tokens[head];
    const base = tokens.length;
    const ends = new StaticArray<i32>(clusters + 1);
    for (let i = 0; i < labels.length; i++) ends[labels[i] + 1]++;
    for (let cluster = 0; cluster < clusters; cluster++) {
      ends[cluster + 1] += ends[cluster];
      this.starts[head].push(base + ends[cluster + 1]);
    }
    for (let i = 0; i < labels.length; i++) tokens.push(0);
    for (let i = 0; i < labels.length; i++) {
      tokens[base + ends[labels[i]]] = firstToken + i;
      ends[labels[i]]++;
    }
  }

  /** Pushes up to `most` tokens of a cluster, the oldest first; gives how many. */
  push(head: i32, cluster: i32, most: i32, into: Array<u32>): i32 {
    const tokens = unchecked(this.tokens[head]);
    const starts = unchecked(this.starts[head]);
    const first = <i32> unchecked(starts[cluster]);
    const count = min(<i32> unchecked(starts[cluster + 1]) - first, most);
    pushFrom(into, tokens, first, count);
    return count;
  }
}
