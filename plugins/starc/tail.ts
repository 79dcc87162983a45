// Keys of the tokens that are in no cluster yet.
import { address } from "kvpim/vectors";

/** Consecutive tokens of every KV head, each head's in one piece. */
export class Tail {
  length: i32 = 0;
  private capacity: i32 = 64;
  private keys: Array<StaticArray<f32>> = [];

  constructor(heads: i32, private dim: i32) {
    for (let head = 0; head < heads; head++) {
      this.keys.push(new StaticArray<f32>(this.capacity * dim));
    }
  }

  /** Adds one token of a block of shape [heads, count, dim]. */
  push(block: StaticArray<f32>, count: i32, token: i32): void {
    if (this.length === this.capacity) this.grow();
    for (let head = 0; head < this.keys.length; head++) {
      memory.copy(
        address(this.keys[head], this.length * this.dim),
        address(block, (head * count + token) * this.dim),
        (<usize> this.dim) << 2,
      );
    }
    this.length++;
  }

  /** Address of a head's first key; the others follow. */
  first(head: i32): usize {
    return address(this.keys[head]);
  }

  clear(): void {
    this.length = 0;
  }

  private grow(): void {
    this.capacity *= 2;
    for (let head = 0; head < this.keys.length; head++) {
      const larger = new StaticArray<f32>(this.capacity * this.dim);
      memory.copy(
        changetype<usize>(larger),
        this.first(head),
        (<usize> (this.length * this.dim)) << 2,
      );
      this.keys[head] = larger;
    }
  }
}
