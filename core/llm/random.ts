/**
 * Random numbers that are the same everywhere for the same seed.
 *
 * xoshiro128** 1.1 by Blackman and Vigna, seeded by SplitMix32.
 */
export class SeededRandom {
  readonly #state: Uint32Array;

  /** @param seed any whole number; its lower 32 bits count */
  constructor(seed: number) {
    let word = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      word = (word + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(word ^ word >>> 16, 0x85ebca6b);
      mixed = Math.imul(mixed ^ mixed >>> 13, 0xc2b2ae35);
      return mixed ^ mixed >>> 16;
    });
  }

  /** The next 32 bits. */
  word(): number {
    const state = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(state[1]!, 5), 7), 9) >>> 0;
    const shifted = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = rotateLeft(state[3]!, 11);
    return result;
  }

  /** The next number from 0 up to, but not including, 1; 53 bits of it are random. */
  uniform(): number {
    return (this.word() >>> 5) / 2 ** 27 + (this.word() >>> 6) / 2 ** 53;
  }
}

function rotateLeft(word: number, bits: number): number {
  return word << bits | word >>> (32 - bits);
}
