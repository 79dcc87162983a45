import type { LayerTokens } from "../kv_policy.ts";

/** Heads of a layer. */
export interface HeadShape {
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Sums over tokens of what the keys and queries of a layer are like. */
export class LayerMoments {
  /** Tokens so far. */
  count = 0;
  /** Of the keys, `[kvHeads, headDim]`. */
  readonly keySums: Float64Array;
  /** Of products of two elements of a key, `[kvHeads, headDim, headDim]`. */
  readonly keyProducts: Float64Array;
  /** The same of the queries of all heads that read a KV head. */
  readonly queryProducts: Float64Array;
  /** Of the magnitudes of a query's element times the same token's key's, `[queryHeads, headDim]`. */
  readonly agreements: Float64Array;

  constructor(readonly shape: HeadShape) {
    const { queryHeads, kvHeads, headDim } = shape;
    this.keySums = new Float64Array(kvHeads * headDim);
    this.keyProducts = new Float64Array(kvHeads * headDim * headDim);
    this.queryProducts = new Float64Array(kvHeads * headDim * headDim);
    this.agreements = new Float64Array(queryHeads * headDim);
  }

  /** Takes tokens in; queries and keys are those after the rotary embedding. */
  add({ queries, keys }: Pick<LayerTokens, "queries" | "keys">) {
    const { queryHeads, kvHeads, headDim } = this.shape;
    const tokens = keys.length / (kvHeads * headDim);
    this.count += tokens;
    for (let i = 0; i < tokens * kvHeads; i++) {
      const head = i % kvHeads;
      const key = keys.subarray(i * headDim, (i + 1) * headDim);
      for (let d = 0; d < headDim; d++) this.keySums[head * headDim + d]! += key[d]!;
      addProducts(this.keyProducts, head, key);
    }
    const group = queryHeads / kvHeads;
    for (let i = 0; i < tokens * queryHeads; i++) {
      const query = queries.subarray(i * headDim, (i + 1) * headDim);
      // Keys lie as queries do, but one for each group.
      const keyAt = Math.floor(i / group) * headDim;
      const [head, kvHead] = [i % queryHeads, Math.floor(i % queryHeads / group)];
      for (let d = 0; d < headDim; d++) {
        this.agreements[head * headDim + d]! += Math.abs(query[d]! * keys[keyAt + d]!);
      }
      addProducts(this.queryProducts, kvHead, query);
    }
  }
}

/** Adds x xᵀ to a head's matrix. Only what is on and above its diagonal is kept. */
function addProducts(products: Float64Array, head: number, x: Float32Array) {
  const size = x.length;
  for (let i = 0; i < size; i++) {
    const row = (head * size + i) * size;
    const own = x[i]!;
    for (let j = i; j < size; j++) products[row + j]! += own * x[j]!;
  }
}

/** The whole matrix of a head, of which {@linkcode LayerMoments} keeps the upper half. */
export function headMatrix(products: Float64Array, head: number, size: number): Float64Array {
  const matrix = products.slice(head * size * size, (head + 1) * size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) matrix[i * size + j] = matrix[j * size + i]!;
  }
  return matrix;
}
