// The chosen channels of every key, in few bits.
import { GroupScores } from "kvpim/group_scores";
import { KeyStore } from "kvpim/key_store";
import { Layer } from "kvpim/layer";
import { topK } from "kvpim/top_k";
import { address, divide } from "kvpim/vectors";

/** Labels of a layer, by query head. Each head has its own channels. */
export class Labels {
  /** Channels of a label. */
  private count: i32;
  /** The same in memory: a multiple of 4, the rest 0. */
  private padded: i32;
  /** By query head, ascending. */
  private channels: Array<Array<u32>> = [];
  private labels: KeyStore;
  /** Labels of the token being written: [query heads, padded]. */
  private token: StaticArray<f32>;
  private divisor: f32;

  constructor(private layer: Layer, groupFactor: i32, private bits: i32) {
    const count = max(layer.headDim / groupFactor, 1);
    const padded = (count + 3) & ~3;
    this.count = count;
    this.padded = padded;
    this.labels = new KeyStore(layer.queryHeads, padded);
    this.token = new StaticArray<f32>(layer.queryHeads * padded);
    this.divisor = sqrt<f32>(<f32> layer.headDim / <f32> groupFactor);
  }

  /** Tokens labelled. */
  get length(): i32 {
    return this.labels.length;
  }

  /** Whether the channels of all heads are known. */
  get hasChannels(): bool {
    return this.channels.length > 0;
  }

  /** Bytes of a label in memory: its elements, and two numbers that say where its levels are. */
  get bytes(): u64 {
    const element = this.layer.elementBytes;
    return this.bits === 0 ? this.count * element : (this.count * this.bits + 7) / 8 + 2 * element;
  }

  /**
   * Takes channels from a calibration: [query-heads, head-dim] numbers of 16 bits in little-endian
   * order, all channels of each head, the most important first.
   *
   * @returns Whether it is that
   */
  calibrate(bytes: StaticArray<u8>): bool {
    const dim = this.layer.headDim;
    if (bytes.length !== this.layer.queryHeads * dim * 2) return false;
    for (let head = 0; head < this.layer.queryHeads; head++) {
      const scores = new StaticArray<f32>(dim);
      for (let rank = 0; rank < dim; rank++) {
        const at = <usize> (head * dim + rank);
        const channel = <i32> load<u16>(changetype<usize>(bytes) + at * 2);
        if (channel >= dim || scores[channel] !== 0) return false;
        scores[channel] = <f32> (dim - rank);
      }
      this.addChannels(scores);
    }
    return true;
  }

  /** Gives all query heads of the next KV head the channels with the largest scores. */
  choose(scores: StaticArray<f32>): void {
    for (let i = 0; i < this.layer.group; i++) this.addChannels(scores);
  }

  private addChannels(scores: StaticArray<f32>): void {
    const channels: Array<u32> = [];
    topK(scores, this.layer.headDim, this.count, channels);
    this.channels.push(channels);
  }

  /** Labels a key of the current token for all query heads of its KV head. */
  label(kvHead: i32, key: usize): void {
    const first = kvHead * this.layer.group;
    for (let head = first; head < first + this.layer.group; head++) {
      const label = address(this.token, head * this.padded);
      this.gather(head, key, label);
      if (this.bits > 0) this.quantise(label);
    }
  }

  /** Stores the current token. */
  push(): void {
    this.labels.append(this.token, 1);
  }

  private gather(head: i32, vector: usize, into: usize): void {
    const channels = unchecked(this.channels[head]);
    for (let i = 0; i < this.count; i++) {
      const value = load<f32>(vector + ((<usize> unchecked(channels[i])) << 2));
      store<f32>(into + ((<usize> i) << 2), value);
    }
  }

  /** Rounds to the levels between the smallest and the largest element. */
  private quantise(label: usize): void {
    const end = label + ((<usize> this.count) << 2);
    let least = load<f32>(label);
    let most = least;
    for (let at = label + 4; at < end; at += 4) {
      const value = load<f32>(at);
      if (value < least) least = value;
      if (value > most) most = value;
    }
    const step = (most - least) / <f32> ((1 << this.bits) - 1);
    if (!(step > 0)) return;
    for (let at = label; at < end; at += 4) {
      store<f32>(at, nearest<f32>((load<f32>(at) - least) / step) * step + least);
    }
  }

  /** Writes the scores of a query with every label of its head. */
  scoreAll(head: i32, query: usize, scores: GroupScores): void {
    const partial = new StaticArray<f32>(this.padded);
    this.gather(head, query, address(partial));
    this.labels.scoreAll(head, address(partial), scores);
    divide(address(scores.of(0)), this.divisor, (this.length + 3) & ~3);
  }
}
