// Keys and queries along a few directions, and keys that are stored that way.
import { GroupScores } from "kvpim/group_scores";
import { KeyStore } from "kvpim/key_store";
import { topK } from "kvpim/top_k";
import { address, divide, dot } from "kvpim/vectors";

/** For each KV head a few directions: rows of a matrix, or plain channels. */
export class KeyProjection {
  /** Elements of a projected vector in memory: `rank` rounded up to a multiple of 4. */
  readonly padded: i32;
  private rows: StaticArray<f32> = new StaticArray<f32>(0);
  private channels: Array<Array<u32>> = [];

  constructor(readonly headDim: i32, readonly rank: i32) {
    this.padded = (rank + 3) & ~3;
  }

  /**
   * Takes directions from a calibration: [kv-heads, head-dim, head-dim], float32 in little-endian
   * order, the most important row of each head first.
   *
   * @returns Whether it has that shape and finite numbers only
   */
  calibrate(bytes: StaticArray<u8>, kvHeads: i32): bool {
    const count = kvHeads * this.headDim * this.headDim;
    if (bytes.length !== count << 2) return false;
    this.rows = new StaticArray<f32>(count);
    memory.copy(changetype<usize>(this.rows), changetype<usize>(bytes), bytes.length);
    for (let i = 0; i < count; i++) if (!isFinite<f32>(this.rows[i])) return false;
    return true;
  }

  /** Whether directions came from a calibration. */
  get isCalibrated(): bool {
    return this.rows.length > 0;
  }

  /** Makes the channels with the largest scores the directions of the next KV head. */
  addChannels(scores: StaticArray<f32>): void {
    const channels: Array<u32> = [];
    topK(scores, this.headDim, this.rank, channels);
    this.channels.push(channels);
  }

  /** Writes the `padded` elements of a projected vector. Those beyond `rank` are 0. */
  project(head: i32, vector: usize, into: usize): void {
    for (let i = 0; i < this.padded; i++) {
      store<f32>(into + ((<usize> i) << 2), i < this.rank ? this.element(head, vector, i) : 0);
    }
  }

  private element(head: i32, vector: usize, i: i32): f32 {
    if (!this.isCalibrated) {
      return load<f32>(vector + ((<usize> unchecked(this.channels[head][i])) << 2));
    }
    const row = address(this.rows, (head * this.headDim + i) * this.headDim);
    return dot(row, vector, this.headDim);
  }
}

/** Projected keys. The prompt's wait whole until the directions are known. */
export class ProjectedKeys {
  private prompt: KeyStore | null = null;
  private keys: KeyStore;

  constructor(private heads: i32, readonly projection: KeyProjection) {
    this.keys = new KeyStore(heads, projection.padded);
    if (!projection.isCalibrated) this.prompt = new KeyStore(heads, projection.headDim);
  }

  /** Tokens stored. */
  get length(): i32 {
    const prompt = this.prompt;
    return prompt === null ? this.keys.length : prompt.length;
  }

  /** Adds tokens; `keys` has shape [heads, count, headDim]. */
  append(keys: StaticArray<f32>, count: i32): void {
    const prompt = this.prompt;
    if (prompt !== null) {
      prompt.append(keys, count);
      return;
    }
    const padded = this.projection.padded;
    const headDim = this.projection.headDim;
    const projected = new StaticArray<f32>(this.heads * count * padded);
    for (let head = 0; head < this.heads; head++) {
      for (let i = head * count; i < (head + 1) * count; i++) {
        this.projection.project(head, address(keys, i * headDim), address(projected, i * padded));
      }
    }
    this.keys.append(projected, count);
  }

  /** The whole prompt, if directions are still to be found in it. */
  get waiting(): KeyStore | null {
    return this.prompt;
  }

  /** Projects the prompt: the directions are known now. */
  settle(): void {
    const prompt = this.prompt;
    if (prompt === null) return;
    this.prompt = null;
    const bytes = (<usize> this.projection.headDim) << 2;
    const token = new StaticArray<f32>(this.heads * this.projection.headDim);
    for (let i = 0; i < prompt.length; i++) {
      for (let head = 0; head < this.heads; head++) {
        memory.copy(address(token) + (<usize> head) * bytes, prompt.at(head, i), bytes);
      }
      this.append(token, 1);
    }
  }

  /**
   * Writes the scores of a group's queries with every key of a head, divided by `divisor`.
   *
   * @param queries Address of the first query, all head-dim elements of it; the others follow
   */
  scoreAll(head: i32, queries: usize, divisor: f32, scores: GroupScores): void {
    const padded = this.projection.padded;
    const headDim = this.projection.headDim;
    const projected = new StaticArray<f32>(scores.queries * padded);
    for (let query = 0; query < scores.queries; query++) {
      const from = queries + ((<usize> (query * headDim)) << 2);
      this.projection.project(head, from, address(projected, query * padded));
    }
    this.keys.scoreAll(head, address(projected), scores);
    const length = (this.keys.length + 3) & ~3;
    for (let query = 0; query < scores.queries; query++) {
      divide(address(scores.of(query)), divisor, length);
    }
  }
}

/** For each channel the sum of the magnitudes of a head's keys, in the order of the tokens. */
export function magnitudes(keys: KeyStore, head: i32): StaticArray<f32> {
  const sums = new StaticArray<f32>(keys.headDim);
  for (let token = 0; token < keys.length; token++) {
    const key = keys.at(head, token);
    for (let channel = 0; channel < keys.headDim; channel++) {
      unchecked(
        sums[channel] = sums[channel] + abs<f32>(load<f32>(key + ((<usize> channel) << 2))),
      );
    }
  }
  return sums;
}

/** For each channel the sum of the squared differences of a head's keys from their mean. */
export function spreads(keys: KeyStore, head: i32): StaticArray<f32> {
  const dim = keys.headDim;
  const means = new StaticArray<f32>(dim);
  const sums = new StaticArray<f32>(dim);
  for (let token = 0; token < keys.length; token++) {
    const key = keys.at(head, token);
    for (let channel = 0; channel < dim; channel++) {
      unchecked(means[channel] = means[channel] + load<f32>(key + ((<usize> channel) << 2)));
    }
  }
  for (let channel = 0; channel < dim; channel++) means[channel] /= <f32> keys.length;
  for (let token = 0; token < keys.length; token++) {
    const key = keys.at(head, token);
    for (let channel = 0; channel < dim; channel++) {
      const difference = load<f32>(key + ((<usize> channel) << 2)) - unchecked(means[channel]);
      unchecked(sums[channel] = sums[channel] + difference * difference);
    }
  }
  return sums;
}
