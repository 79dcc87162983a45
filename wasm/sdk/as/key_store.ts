// Keys of one layer, kept inside the plugin.
import { GroupScores } from "kvpim/group_scores";
import { address, dots } from "kvpim/vectors";

const CHUNK_SHIFT: i32 = 8;
const CHUNK_TOKENS: i32 = 1 << CHUNK_SHIFT;
/** Vectors that all queries of a group are held against while they are in the nearest cache. */
const TILE_VECTORS: i32 = 64;

/**
 * Vectors of the tokens of a layer, by KV head. They lie in chunks of 256 tokens of one head, so
 * that growing copies nothing.
 */
export class KeyStore {
  /** Tokens stored. */
  length: i32 = 0;
  private chunks: Array<StaticArray<f32>> = [];

  constructor(readonly heads: i32, readonly headDim: i32) {}

  /** Adds tokens; `vectors` has shape [heads, count, headDim]. */
  append(vectors: StaticArray<f32>, count: i32): void {
    while (
      this.chunks.length < this.heads * ((this.length + count + CHUNK_TOKENS - 1) >> CHUNK_SHIFT)
    ) {
      this.chunks.push(new StaticArray<f32>(CHUNK_TOKENS * this.headDim));
    }
    for (let head = 0; head < this.heads; head++) {
      let token = 0;
      while (token < count) {
        const at = this.length + token;
        const run = min(count - token, CHUNK_TOKENS - (at & (CHUNK_TOKENS - 1)));
        memory.copy(
          this.at(head, at),
          address(vectors, (head * count + token) * this.headDim),
          (<usize> (run * this.headDim)) << 2,
        );
        token += run;
      }
    }
    this.length += count;
  }

  /** Address of a token's vector. Vectors of one head follow each other up to a multiple of 256. */
  at(head: i32, token: i32): usize {
    const chunk = unchecked(this.chunks[(token >> CHUNK_SHIFT) * this.heads + head]);
    return address(chunk, (token & (CHUNK_TOKENS - 1)) * this.headDim);
  }

  /**
   * Writes the dot products of a group's queries with every vector of a head.
   *
   * @param queries Address of the first query; the others follow
   */
  scoreAll(head: i32, queries: usize, scores: GroupScores): void {
    scores.fit(this.length);
    for (let first = 0; first < this.length; first += TILE_VECTORS) {
      const vectors = this.at(head, first);
      const count = min(TILE_VECTORS, this.length - first);
      for (let query = 0; query < scores.queries; query++) {
        const from = queries + ((<usize> (query * this.headDim)) << 2);
        dots(vectors, count, from, this.headDim, address(scores.of(query), first));
      }
    }
  }
}
