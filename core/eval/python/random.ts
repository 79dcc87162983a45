/**
 * Python's `random.Random`: the Mersenne Twister MT19937 and what CPython 3 makes of its 32-bit
 * numbers (Lib/random.py, Modules/_randommodule.c). A seed gives the same draws as in Python.
 *
 * @module
 */

const STATE_WORDS = 624;
const SHIFT_WORDS = 397;

/**
 * A stream of random draws.
 *
 * @example
 * ```ts
 * import { PythonRandom } from "./random.ts";
 * import { deepEqual, equal } from "node:assert/strict";
 *
 * const random = new PythonRandom(42);
 * equal(random.random(), 0.6394267984578837);
 * deepEqual(new PythonRandom(42).shuffled([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), [
 *   ...[7, 3, 2, 8, 5, 6, 9, 4, 0, 1],
 * ]);
 * ```
 */
export class PythonRandom {
  readonly #state = new Uint32Array(STATE_WORDS);
  #at = STATE_WORDS;

  /**
   * @param seed a number from 0 to 2^32 - 1, as `random.Random(seed)` takes it
   * @param stream a number from 0 to 2^32 - 1: the stream of `random.Random(seed + 2**32 * stream)`
   */
  constructor(seed: number, stream = 0) {
    for (const part of [seed, stream]) {
      if (!(Number.isInteger(part) && part >= 0 && part < 2 ** 32)) {
        throw new RangeError(`Expected a seed from 0 to 2^32 - 1 but found ${part}`);
      }
    }
    this.#initialise(stream === 0 ? [seed] : [seed, stream]);
  }

  /** 32 random bits. */
  bits32(): number {
    if (this.#at === STATE_WORDS) this.#advance();
    let word = this.#state[this.#at++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  /** A real number from 0 up to but not including 1: `random()`. */
  random(): number {
    const high = this.bits32() >>> 5;
    const low = this.bits32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** A whole number below `end`, which is 1 to 2^32 - 1: `randrange(end)`. */
  below(end: number): number {
    const bits = 32 - Math.clz32(end);
    for (;;) {
      const drawn = this.bits32() >>> (32 - bits);
      if (drawn < end) return drawn;
    }
  }

  /** A whole number between two, both included: `randint(first, last)`. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  /** One of several: `choice(items)`. */
  choice<Item>(items: ArrayLike<Item>): Item {
    return items[this.below(items.length)]!;
  }

  /** Letters drawn from an alphabet, one at a time: `"".join(choices(alphabet, k=length))`. */
  letters(alphabet: string, length: number): string {
    return Array.from(
      { length },
      () => alphabet[Math.floor(this.random() * alphabet.length)],
    ).join("");
  }

  /** The items in random order: `shuffle` of a copy. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  /**
   * Some of several, each at most once, in random order: `sample(items, count)`.
   *
   * @throws {RangeError} if there are not so many
   */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    return this.indices(items.length, count).map((i) => items[i]!);
  }

  /** Some of the numbers below `end`, each at most once: `sample(range(end), count)`. */
  indices(end: number, count: number): number[] {
    if (count > end) {
      throw new RangeError(`Expected at least ${count} to draw from but found ${end}`);
    }
    return end <= setSize(count)
      ? this.#indicesFromPool(end, count)
      : this.#indicesByRejection(end, count);
  }

  /** A random universally unique identifier: `uuid.UUID(int=getrandbits(128), version=4)`. */
  uuid(): string {
    const words = Array.from({ length: 4 }, () => this.bits32()).reverse();
    words[1] = (words[1]! & 0xffff0fff) | 0x4000;
    words[2] = (words[2]! & 0x3fffffff) | 0x80000000;
    const digits = words.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  #indicesFromPool(end: number, count: number): number[] {
    const pool = Array.from({ length: end }, (_, i) => i);
    return Array.from({ length: count }, (_, i) => {
      const at = this.below(end - i);
      const drawn = pool[at]!;
      pool[at] = pool[end - i - 1]!;
      return drawn;
    });
  }

  #indicesByRejection(end: number, count: number): number[] {
    const drawn = new Set<number>();
    while (drawn.size < count) drawn.add(this.below(end));
    return [...drawn];
  }

  #initialise(key: readonly number[]) {
    const state = this.#state;
    state[0] = 19650218;
    for (let i = 1; i < STATE_WORDS; i++) {
      state[i] = Math.imul(1812433253, mixed(state[i - 1]!)) + i;
    }
    let [i, j] = [1, 0];
    const next = () => {
      if (++i < STATE_WORDS) return;
      state[0] = state[STATE_WORDS - 1]!;
      i = 1;
    };
    for (let left = Math.max(STATE_WORDS, key.length); left > 0; left--) {
      state[i] = (state[i]! ^ Math.imul(mixed(state[i - 1]!), 1664525)) + key[j]! + j;
      next();
      j = (j + 1) % key.length;
    }
    for (let left = STATE_WORDS - 1; left > 0; left--) {
      state[i] = (state[i]! ^ Math.imul(mixed(state[i - 1]!), 1566083941)) - i;
      next();
    }
    state[0] = 0x80000000;
  }

  #advance() {
    const state = this.#state;
    for (let i = 0; i < STATE_WORDS; i++) {
      const joined = (state[i]! & 0x80000000) | (state[(i + 1) % STATE_WORDS]! & 0x7fffffff);
      const twist = (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
      state[i] = state[(i + SHIFT_WORDS) % STATE_WORDS]! ^ twist;
    }
    this.#at = 0;
  }
}

function mixed(word: number): number {
  return word ^ (word >>> 30);
}

/** Up to how many items CPython draws from a list of what is left. */
function setSize(count: number): number {
  return 21 + (count > 5 ? 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 0);
}
