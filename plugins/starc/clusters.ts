// The clusters of one layer: their centroids, and the order in which they put the tokens.
import { KeyStore } from "kvpim/key_store";
import { KMeans } from "kvpim/k_means";
import { pushFrom } from "kvpim/lists";
import { labelOrder } from "./label_order";

/** Clusters of every KV head, in the order in which they lie in memory. */
export class Clusters {
  readonly centroids: KeyStore;
  /** By KV head: tokens in the order of their slots. */
  readonly order: Array<Array<u32>> = [];
  /** By KV head: the first slot of each cluster, and the end. */
  readonly starts: Array<Array<u32>> = [];

  constructor(private heads: i32, headDim: i32) {
    this.centroids = new KeyStore(heads, headDim);
    for (let head = 0; head < heads; head++) {
      this.order.push([]);
      this.starts.push([0]);
    }
  }

  /** Clusters of one KV head. */
  get count(): i32 {
    return this.centroids.length;
  }

  /** Adds the clusters of a window that begins at a token; one result for each KV head. */
  append(window: Array<KMeans>, firstToken: i32): void {
    const dim = this.centroids.headDim;
    const clusters = window[0].clusters;
    const centroids = new StaticArray<f32>(this.heads * clusters * dim);
    for (let head = 0; head < this.heads; head++) {
      const means = window[head];
      memory.copy(
        changetype<usize>(centroids) + ((<usize> (head * clusters * dim)) << 2),
        changetype<usize>(means.centroids),
        (<usize> (clusters * dim)) << 2,
      );
      this.appendOrder(head, means, firstToken);
    }
    this.centroids.append(centroids, clusters);
  }

  /** Sorts the window's tokens by label. */
  private appendOrder(head: i32, means: KMeans, firstToken: i32): void {
    const order = this.order[head];
    const starts = this.starts[head];
    const sorted = labelOrder(means.labels);
    for (let i = 0; i < means.count; i++) order.push(firstToken + unchecked(sorted[i]));
    let end = firstToken;
    for (let cluster = 0; cluster < means.clusters; cluster++) {
      end += unchecked(means.counts[cluster]);
      starts.push(end);
    }
  }

  /**
   * Pushes slots of the tokens from `first` on. Windows never mix, so these tokens have the slots
   * from `first` on.
   */
  pushSlots(head: i32, first: i32, slots: Array<u32>): void {
    const order = this.order[head];
    const base = slots.length;
    for (let slot = first; slot < order.length; slot++) slots.push(0);
    for (let slot = first; slot < order.length; slot++) {
      unchecked(slots[base + unchecked(order[slot]) - first] = slot);
    }
  }

  /** Pushes up to `most` tokens of a cluster, those of the lowest slots; returns how many. */
  pushTokens(head: i32, cluster: i32, most: i32, tokens: Array<u32>): i32 {
    const order = unchecked(this.order[head]);
    const starts = unchecked(this.starts[head]);
    const first = unchecked(starts[cluster]);
    const count = min(<i32> (unchecked(starts[cluster + 1]) - first), most);
    pushFrom(tokens, order, first, count);
    return count;
  }
}
