/**
 * How many characters two texts have in common in the sense of Python's
 * `difflib.SequenceMatcher(None, a, b)`: the longest common run, then the same to its left and right.
 *
 * The matcher's `autojunk` is on, as by default: if `b` has 200 characters or more, those that make
 * up more than 1 % of it (⌊length / 100⌋ + 1 occurrences are allowed) do not start a run; they only
 * lengthen one.
 *
 * @param a characters (code points)
 * @param b characters (code points)
 * @returns matched characters, 0 to min(a.length, b.length)
 *
 * @example
 * ```ts
 * import { matchingCharacters } from "./matching_characters.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(matchingCharacters([..."qabxcd"], [..."abycdf"]), 4);
 * ```
 */
export function matchingCharacters(a: readonly string[], b: readonly string[]): number {
  const places = seedPlaces(b);
  const scratch = { run: new Int32Array(b.length + 1), next: new Int32Array(b.length + 1) };
  const open: Region[] = [{ fromA: 0, toA: a.length, fromB: 0, toB: b.length }];
  let matched = 0;
  for (let region = open.pop(); region; region = open.pop()) {
    const { atA, atB, size } = longestRun(a, b, places, region, scratch);
    if (size === 0) continue;
    matched += size;
    open.push({ ...region, toA: atA, toB: atB });
    open.push({ ...region, fromA: atA + size, fromB: atB + size });
  }
  return matched;
}

interface Region {
  fromA: number;
  toA: number;
  fromB: number;
  toB: number;
}

/** Where each character that may start a run stands in `b`, ascending. */
function seedPlaces(b: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  b.forEach((character, at) => {
    const known = places.get(character);
    if (known) known.push(at);
    else places.set(character, [at]);
  });
  if (b.length >= 200) {
    const allowed = Math.floor(b.length / 100) + 1;
    for (const [character, at] of places) if (at.length > allowed) places.delete(character);
  }
  return places;
}

/** The longest common run within a region; of equal ones the first in `a`, then in `b`. */
function longestRun(
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  { fromA, toA, fromB, toB }: Region,
  scratch: { run: Int32Array; next: Int32Array },
) {
  let [atA, atB, size] = [fromA, fromB, 0];
  // run[j + 1] is the length of the common run that ends at a[i - 1] and b[j].
  let { run, next } = scratch;
  let written: readonly number[] = [];
  for (let i = fromA; i < toA; i++) {
    const here = places.get(a[i]!) ?? [];
    for (const j of here) {
      if (j < fromB) continue;
      if (j >= toB) break;
      const length = run[j]! + 1;
      next[j + 1] = length;
      if (length > size) [atA, atB, size] = [i - length + 1, j - length + 1, length];
    }
    for (const j of written) run[j + 1] = 0;
    [run, next] = [next, run];
    written = here;
  }
  for (const j of written) run[j + 1] = 0;
  while (atA > fromA && atB > fromB && a[atA - 1] === b[atB - 1]) {
    [atA, atB, size] = [atA - 1, atB - 1, size + 1];
  }
  while (atA + size < toA && atB + size < toB && a[atA + size] === b[atB + size]) size++;
  return { atA, atB, size };
}
