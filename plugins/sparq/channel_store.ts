// Keys by channel: the copy of the keys in which one channel of all tokens lies together.
import { GroupScores } from "kvpim/group_scores";
import { address } from "kvpim/vectors";

/** Tokens of a tile, whose keys lie channel by channel: a cache line each. */
const TILE_TOKENS: i32 = 16;
const TILES_PER_CHUNK: i32 = 16;
const CHUNK_TOKENS: i32 = TILE_TOKENS * TILES_PER_CHUNK;

/** Keys of a layer in tiles of 16 tokens of one head. */
export class ChannelStore {
  /** Tokens stored. */
  length: i32 = 0;
  private chunks: Array<StaticArray<f32>> = [];

  constructor(private heads: i32, private headDim: i32) {}

  /** Adds tokens; `keys` has shape [heads, count, headDim]. */
  append(keys: StaticArray<f32>, count: i32): void {
    const chunks = (this.length + count + CHUNK_TOKENS - 1) / CHUNK_TOKENS;
    while (this.chunks.length < this.heads * chunks) {
      this.chunks.push(new StaticArray<f32>(CHUNK_TOKENS * this.headDim));
    }
    for (let head = 0; head < this.heads; head++) {
      for (let i = 0; i < count; i++) {
        this.scatter(head, this.length + i, address(keys, (head * count + i) * this.headDim));
      }
    }
    this.length += count;
  }

  private scatter(head: i32, token: i32, key: usize): void {
    let column = this.tile(head, token / TILE_TOKENS) + ((<usize> (token % TILE_TOKENS)) << 2);
    for (let channel = 0; channel < this.headDim; channel++) {
      store<f32>(column, load<f32>(key));
      column += TILE_TOKENS << 2;
      key += 4;
    }
  }

  private tile(head: i32, index: i32): usize {
    const chunk = unchecked(this.chunks[(index / TILES_PER_CHUNK) * this.heads + head]);
    return address(chunk, (index % TILES_PER_CHUNK) * TILE_TOKENS * this.headDim);
  }

  /**
   * Writes the dot products of a group's queries with every key of a head, over some channels from
   * the first to the last, each divided by its query's divisor.
   *
   * @param queries Address of the first query; the others follow
   */
  scoreAll(
    head: i32,
    queries: usize,
    channels: StaticArray<u32>,
    divisors: StaticArray<f32>,
    scores: GroupScores,
  ): void {
    scores.fit(this.length + TILE_TOKENS - 1);
    const queryBytes = (<usize> this.headDim) << 2;
    for (let first = 0; first < this.length; first += TILE_TOKENS) {
      const tile = this.tile(head, first / TILE_TOKENS);
      let query = queries;
      for (let i = 0; i < divisors.length; i++) {
        const to = address(scores.of(i), first);
        scoreTile(tile, query, channels, unchecked(divisors[i]), to);
        query += queryBytes;
      }
    }
  }
}

/** Sixteen tokens at a time: their sums stay in registers. */
function scoreTile(
  tile: usize,
  query: usize,
  channels: StaticArray<u32>,
  divisor: f32,
  scores: usize,
): void {
  let first = f32x4.splat(0);
  let second = f32x4.splat(0);
  let third = f32x4.splat(0);
  let fourth = f32x4.splat(0);
  for (let i = 0; i < channels.length; i++) {
    const channel = <usize> unchecked(channels[i]);
    const keys = tile + channel * (TILE_TOKENS << 2);
    const factor = v128.load32_splat(query + (channel << 2));
    first = f32x4.add(first, f32x4.mul(v128.load(keys), factor));
    second = f32x4.add(second, f32x4.mul(v128.load(keys, 16), factor));
    third = f32x4.add(third, f32x4.mul(v128.load(keys, 32), factor));
    fourth = f32x4.add(fourth, f32x4.mul(v128.load(keys, 48), factor));
  }
  const divisors = f32x4.splat(divisor);
  v128.store(scores, f32x4.div(first, divisors));
  v128.store(scores, f32x4.div(second, divisors), 16);
  v128.store(scores, f32x4.div(third, divisors), 32);
  v128.store(scores, f32x4.div(fourth, divisors), 48);
}
