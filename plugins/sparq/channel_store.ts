// Keys by channel: the copy of the keys in which one channel of all tokens lies together.
import { GroupScores } from "kvpim/group_scores";
import { address } from "kvpim/vectors";

/** Tokens of a chunk, whose keys lie channel by channel: a kibibyte each, fetched in a row. */
const CHUNK_TOKENS: i32 = 256;
const CHANNEL_BYTES: usize = CHUNK_TOKENS << 2;

/** Keys of a layer in chunks of 256 tokens of one head. */
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
    let column = this.chunk(head, token / CHUNK_TOKENS) + ((<usize> (token % CHUNK_TOKENS)) << 2);
    for (let channel = 0; channel < this.headDim; channel++) {
      store<f32>(column, load<f32>(key));
      column += CHANNEL_BYTES;
      key += 4;
    }
  }

  private chunk(head: i32, index: i32): usize {
    return address(unchecked(this.chunks[index * this.heads + head]));
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
    scores.fit(this.length + CHUNK_TOKENS - 1);
    const queryBytes = (<usize> this.headDim) << 2;
    for (let first = 0; first < this.length; first += CHUNK_TOKENS) {
      const chunk = this.chunk(head, first / CHUNK_TOKENS);
      let query = queries;
      for (let i = 0; i < divisors.length; i++) {
        const to = address(scores.of(i), first);
        scoreChunk(chunk, query, channels, unchecked(divisors[i]), to);
        query += queryBytes;
      }
    }
  }
}

/** Scores of a chunk: the sums stay in the nearest cache, four channels are added at a time. */
function scoreChunk(
  chunk: usize,
  query: usize,
  channels: StaticArray<u32>,
  divisor: f32,
  scores: usize,
): void {
  memory.fill(scores, 0, CHANNEL_BYTES);
  const fours = channels.length & ~3;
  for (let i = 0; i < fours; i += 4) addFour(chunk, query, numberAt(channels, i), scores);
  for (let i = fours; i < channels.length; i++) {
    addOne(chunk, query, <usize> unchecked(channels[i]), scores);
  }
  const divisors = f32x4.splat(divisor);
  const end = scores + CHANNEL_BYTES;
  for (let at = scores; at < end; at += 16) {
    v128.store(at, f32x4.div(v128.load(at), divisors));
  }
}

/** Address of a number. */
function numberAt(channels: StaticArray<u32>, index: i32): usize {
  return changetype<usize>(channels) + ((<usize> index) << 2);
}

/** Adds four channels, from the first to the last, of which the numbers lie at `channels`. */
function addFour(chunk: usize, query: usize, channels: usize, scores: usize): void {
  const channel0 = <usize> load<u32>(channels);
  const channel1 = <usize> load<u32>(channels, 4);
  const channel2 = <usize> load<u32>(channels, 8);
  const channel3 = <usize> load<u32>(channels, 12);
  const keys0 = chunk + channel0 * CHANNEL_BYTES;
  const keys1 = chunk + channel1 * CHANNEL_BYTES;
  const keys2 = chunk + channel2 * CHANNEL_BYTES;
  const keys3 = chunk + channel3 * CHANNEL_BYTES;
  const factor0 = v128.load32_splat(query + (channel0 << 2));
  const factor1 = v128.load32_splat(query + (channel1 << 2));
  const factor2 = v128.load32_splat(query + (channel2 << 2));
  const factor3 = v128.load32_splat(query + (channel3 << 2));
  for (let at: usize = 0; at < CHANNEL_BYTES; at += 32) {
    let low = v128.load(scores + at);
    let high = v128.load(scores + at, 16);
    low = f32x4.add(low, f32x4.mul(v128.load(keys0 + at), factor0));
    high = f32x4.add(high, f32x4.mul(v128.load(keys0 + at, 16), factor0));
    low = f32x4.add(low, f32x4.mul(v128.load(keys1 + at), factor1));
    high = f32x4.add(high, f32x4.mul(v128.load(keys1 + at, 16), factor1));
    low = f32x4.add(low, f32x4.mul(v128.load(keys2 + at), factor2));
    high = f32x4.add(high, f32x4.mul(v128.load(keys2 + at, 16), factor2));
    low = f32x4.add(low, f32x4.mul(v128.load(keys3 + at), factor3));
    high = f32x4.add(high, f32x4.mul(v128.load(keys3 + at, 16), factor3));
    v128.store(scores + at, low);
    v128.store(scores + at, high, 16);
  }
}

function addOne(chunk: usize, query: usize, channel: usize, scores: usize): void {
  const keys = chunk + channel * CHANNEL_BYTES;
  const factor = v128.load32_splat(query + (channel << 2));
  for (let at: usize = 0; at < CHANNEL_BYTES; at += 16) {
    const product = f32x4.mul(v128.load(keys + at), factor);
    v128.store(scores + at, f32x4.add(v128.load(scores + at), product));
  }
}
