/**
 * Which of many small whole numbers were seen: one bit each, emptied in the time it took to fill.
 *
 * @example
 * ```ts
 * import { BlockSet } from "./block_set.ts";
 * import { deepEqual, equal } from "node:assert/strict";
 *
 * const blocks = new BlockSet();
 * equal(blocks.add(70), true);
 * equal(blocks.add(70), false);
 * blocks.add(3);
 * equal(blocks.size, 2);
 * deepEqual([...blocks.sorted()], [3, 70]);
 * ```
 */
export class BlockSet {
  #words = new Uint32Array(64);
  readonly #touched: number[] = [];
  #size = 0;

  /** How many numbers it holds. */
  get size(): number {
    return this.#size;
  }

  /** Adds a number from 0 to 2^32 - 1; says whether it was new. */
  add(block: number): boolean {
    const word = block >>> 5;
    if (word >= this.#words.length) this.#grow(word + 1);
    const bits = this.#words[word]!;
    const bit = 1 << (block & 31);
    if (bits & bit) return false;
    if (bits === 0) this.#touched.push(word);
    this.#words[word] = bits | bit;
    this.#size++;
    return true;
  }

  /** Its numbers, ascending. */
  sorted(): Uint32Array {
    const blocks = new Uint32Array(this.#size);
    let count = 0;
    for (const word of this.#touched.sort((a, b) => a - b)) {
      for (let bits = this.#words[word]!; bits !== 0; bits &= bits - 1) {
        blocks[count++] = word * 32 + 31 - Math.clz32(bits & -bits);
      }
    }
    return blocks;
  }

  /** Forgets every number. */
  clear() {
    for (const word of this.#touched) this.#words[word] = 0;
    this.#touched.length = 0;
    this.#size = 0;
  }

  #grow(words: number) {
    const grown = new Uint32Array(Math.max(words, this.#words.length * 2));
    grown.set(this.#words);
    this.#words = grown;
  }
}
