import type { SegmentSession } from "./onnx/segment_session.ts";
import { releaseBuffer } from "./release_buffer.ts";

/** Heads of a model. */
export interface HeadShape {
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Keys and values of a layer, by KV head. */
export interface KeysAndValues {
  /** Tokens. */
  readonly length: number;
  /** A view of the keys of one KV head's tokens from `first` on, `[length - first, headDim]`. */
  keysOf(kvHead: number, first: number): Float32Array<ArrayBuffer>;
  /** The same of the values. */
  valuesOf(kvHead: number, first: number): Float32Array<ArrayBuffer>;
}

/** What a query sees: `[tokens, length - first]`, 1 where a token sees another. */
export interface SeenTokens {
  readonly first: number;
  readonly mask: Uint8Array;
}

const COPIED_AT_MOST = 2 ** 23;

/**
 * Attention of many queries over a cache, which is stored by KV head. One KV head at a time needs no
 * copy of it, but ONNX Runtime has one thread at most for a query head: as many go together as have
 * work for every thread, or as make a small copy.
 */
export class DenseAttention {
  /**
   * @param session `denseAttention` of the segments, loaded
   * @param threads of the session
   * @param copiedAtMost bytes of keys and values that make a small copy
   */
  constructor(
    private readonly session: SegmentSession,
    private readonly shape: HeadShape,
    private readonly threads: number,
    private readonly copiedAtMost = COPIED_AT_MOST,
  ) {}

  /**
   * Attends from the last tokens of a cache.
   *
   * @param queries `[tokens, queryHeads, headDim]`
   * @returns `[tokens, queryHeads, headDim]`
   */
  async attend(
    queries: Float32Array,
    cache: KeysAndValues,
    seen: SeenTokens,
  ): Promise<Float32Array> {
    const { queryHeads, kvHeads, headDim } = this.shape;
    const together = this.#headsTogether(cache.length - seen.first);
    if (together === kvHeads) return await this.#run(queries, cache, seen, 0, kvHeads);
    const width = queryHeads * headDim;
    const attended = new Float32Array(queries.length);
    for (let head = 0; head < kvHeads; head += together) {
      const heads = Math.min(together, kvHeads - head);
      const [begin, own] = [head, heads].map((count) => count * width / kvHeads) as [
        number,
        number,
      ];
      const part = await this.#run(columns(queries, width, begin, own), cache, seen, head, heads);
      putColumns(attended, width, begin, own, part);
      releaseBuffer(part as Float32Array<ArrayBuffer>);
    }
    return attended;
  }

  /** KV heads that one run attends from. */
  #headsTogether(length: number): number {
    const { queryHeads, kvHeads, headDim } = this.shape;
    const busy = Math.ceil(this.threads * kvHeads / queryHeads);
    const cheap = Math.floor(this.copiedAtMost / (2 * 4 * length * headDim));
    return Math.min(kvHeads, Math.max(busy, cheap));
  }

  /** Attends from the queries of some KV heads. */
  async #run(
    queries: Float32Array,
    cache: KeysAndValues,
    { first, mask }: SeenTokens,
    head: number,
    heads: number,
  ): Promise<Float32Array> {
    const { queryHeads, kvHeads, headDim } = this.shape;
    const length = cache.length - first;
    const width = heads * queryHeads / kvHeads * headDim;
    const tokens = queries.length / width;
    const rows = (of: (kvHead: number) => Float32Array<ArrayBuffer>) => {
      if (heads === 1) return of(head);
      const copy = new Float32Array(heads * length * headDim);
      for (let i = 0; i < heads; i++) copy.set(of(head + i), i * length * headDim);
      return copy;
    };
    const keys = rows((kvHead) => cache.keysOf(kvHead, first));
    const values = rows((kvHead) => cache.valuesOf(kvHead, first));
    const dims = [1, heads, length, headDim];
    const { attended } = await this.session.run({
      queries: { data: queries, dims: [1, tokens, width] },
      keys: { data: keys, dims },
      values: { data: values, dims },
      mask: { data: mask, dims: [tokens, length] },
    }, ["attended"]);
    if (heads > 1) {
      releaseBuffer(keys);
      releaseBuffer(values);
    }
    return attended;
  }
}

/** Some columns of a matrix. */
function columns(matrix: Float32Array, width: number, begin: number, own: number): Float32Array {
  const rows = matrix.length / width;
  const part = new Float32Array(rows * own);
  for (let row = 0; row < rows; row++) {
    const at = row * width + begin;
    part.set(matrix.subarray(at, at + own), row * own);
  }
  return part;
}

function putColumns(
  matrix: Float32Array,
  width: number,
  begin: number,
  own: number,
  part: Float32Array,
) {
  for (let row = 0; row * width < matrix.length; row++) {
    matrix.set(part.subarray(row * own, (row + 1) * own), row * width + begin);
  }
}
