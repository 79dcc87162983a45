/**
 * What policies are calibrated to, from the moments of a layer's keys and queries.
 *
 * @module
 */
import type { LayerTokens } from "../kv_policy.ts";
import { headMatrix, type HeadShape, type LayerMoments } from "./layer_moments.ts";
import { symmetricEigen } from "./symmetric_eigen.ts";

/**
 * Principal components of the keys of each KV head, the largest variance first; the mean is taken
 * off (Loki, arXiv 2406.02542).
 *
 * @returns `[kvHeads, headDim, headDim]`, components as rows
 */
export function principalComponents(
  { shape, count, keySums, keyProducts }: LayerMoments,
): Float32Array<ArrayBuffer> {
  return eigenvectorsOf(shape, (head) => {
    const { headDim } = shape;
    const covariance = headMatrix(keyProducts, head, headDim);
    const mean = keySums.subarray(head * headDim, (head + 1) * headDim).map((sum) => sum / count);
    return covariance.map((product, i) =>
      product / count - mean[Math.floor(i / headDim)]! * mean[i % headDim]!
    );
  });
}

/**
 * Right singular vectors of the queries of each KV head's group, the largest singular value first
 * (InfiniGen's skewing matrix transposed, arXiv 2406.19707).
 *
 * @returns `[kvHeads, headDim, headDim]`, vectors as rows
 */
export function singularVectors({ shape, queryProducts }: LayerMoments): Float32Array<ArrayBuffer> {
  return eigenvectorsOf(shape, (head) => headMatrix(queryProducts, head, shape.headDim));
}

function eigenvectorsOf(
  { kvHeads, headDim }: HeadShape,
  matrixOf: (head: number) => Float64Array,
): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(kvHeads * headDim * headDim);
  for (let head = 0; head < kvHeads; head++) {
    rows.set(symmetricEigen(matrixOf(head), headDim).vectors, head * headDim * headDim);
  }
  return rows;
}

/**
 * The channels of each query head, those first whose products of a query and the same token's key
 * are largest in the mean (Double Sparsity, arXiv 2408.07092). Of equals the lower channel.
 *
 * @returns `[queryHeads, headDim]`
 */
export function importantChannels(
  { shape: { queryHeads, headDim }, agreements }: LayerMoments,
): Uint16Array<ArrayBuffer> {
  const channels = new Uint16Array(queryHeads * headDim);
  for (let head = 0; head < queryHeads; head++) {
    const sums = agreements.subarray(head * headDim, (head + 1) * headDim);
    channels.set(falling(sums), head * headDim);
  }
  return channels;
}

/** Rows of directions, put in the order of how large queries are along them. */
export class QueryMagnitudes {
  readonly #sums: Float64Array;

  /** @param directions `[kvHeads, headDim, headDim]` */
  constructor(private readonly shape: HeadShape, private readonly directions: Float32Array) {
    this.#sums = new Float64Array(shape.kvHeads * shape.headDim);
  }

  /** Takes tokens in. */
  add({ queries }: Pick<LayerTokens, "queries">) {
    const { queryHeads, kvHeads, headDim } = this.shape;
    for (let i = 0; i < queries.length / headDim; i++) {
      const kvHead = Math.floor(i % queryHeads / (queryHeads / kvHeads));
      for (let row = kvHead * headDim; row < (kvHead + 1) * headDim; row++) {
        let product = 0;
        for (let d = 0; d < headDim; d++) {
          product += this.directions[row * headDim + d]! * queries[i * headDim + d]!;
        }
        this.#sums[row]! += Math.abs(product);
      }
    }
  }

  /** The directions, those first along which queries are largest. */
  ordered(): Float32Array<ArrayBuffer> {
    const { kvHeads, headDim } = this.shape;
    const rows = new Float32Array(this.directions.length);
    for (let head = 0; head < kvHeads; head++) {
      const first = head * headDim;
      falling(this.#sums.subarray(first, first + headDim)).forEach((from, to) => {
        const at = (first + from) * headDim;
        rows.set(this.directions.subarray(at, at + headDim), (first + to) * headDim);
      });
    }
    return rows;
  }
}

/** Indices by falling value, of equals the lower one first. */
function falling(values: Float64Array): number[] {
  return Array.from(values, (_, i) => i).sort((a, b) => values[b]! - values[a]! || a - b);
}
