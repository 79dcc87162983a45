/**
 * A small generator (mulberry32): numbers from 0 up to 1 that follow from the seeds alone, so that
 * draws are the same on every machine and in any order.
 *
 * @param seeds whole numbers; each changes everything
 *
 * @example
 * ```ts
 * import { randomFrom } from "./random.ts";
 * import { equal, notEqual } from "node:assert/strict";
 *
 * equal(randomFrom(1, 2)(), randomFrom(1, 2)());
 * notEqual(randomFrom(1, 2)(), randomFrom(2, 1)());
 * ```
 */
export function randomFrom(...seeds: readonly number[]): () => number {
  let state = seeds.reduce((mixed, seed) => scramble(mixed ^ scramble(seed + 0x9e3779b9)), 0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** MurmurHash3's last step: every bit of the input changes half the bits of the output. */
function scramble(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (Math.imul(h ^ (h >>> 16), 5) + 0xe6546b64) | 0;
}
