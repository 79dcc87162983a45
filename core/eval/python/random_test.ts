import { deepEqual, equal, throws } from "node:assert/strict";
import { PythonRandom } from "./random.ts";

// Every expected value was printed by CPython 3.11.

Deno.test("the stream of a seed is Python's", () => {
  const random = new PythonRandom(42);
  deepEqual(Array.from({ length: 4 }, () => random.bits32()), [
    2746317213,
    478163327,
    107420369,
    3184935163,
  ]);
  const zero = new PythonRandom(0);
  deepEqual([zero.bits32(), zero.bits32()], [3626764237, 1654615998]);
});

Deno.test("a stream of a seed is that of seed + 2^32 * stream", () => {
  const random = new PythonRandom(42, 7);
  deepEqual([random.bits32(), random.bits32(), random.bits32()], [
    3859937450,
    3839017630,
    425897807,
  ]);
});

Deno.test("draws are Python's", () => {
  const reals = new PythonRandom(42);
  deepEqual([reals.random(), reals.random()], [0.6394267984578837, 0.025010755222666936]);
  const numbers = new PythonRandom(42);
  deepEqual([1, 2, 3].map(() => numbers.between(1000000, 9999999)), [2867825, 1419610, 5614226]);
  const letters = new PythonRandom(42);
  equal(letters.choice("abcdefghij"), "b");
  equal(letters.letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 5), "AHFTR");
  equal(new PythonRandom(42).uuid(), "bdd640fb-0667-4ad1-9c80-317fa3b1799d");
});

Deno.test("shuffles and samples are Python's, from small and large populations", () => {
  const range = (end: number) => Array.from({ length: end }, (_, i) => i);
  deepEqual(new PythonRandom(42).shuffled(range(10)), [7, 3, 2, 8, 5, 6, 9, 4, 0, 1]);
  const random = new PythonRandom(42);
  deepEqual(random.sample(range(100), 5), [81, 14, 3, 94, 35]);
  deepEqual(random.sample(range(10), 5), [3, 9, 2, 5, 0]);
  deepEqual(random.indices(1000, 30), [
    ...[692, 758, 913, 558, 89, 604, 432, 32, 30, 95, 223, 238, 517, 616, 27, 574, 203, 733],
    ...[665, 718, 429, 225, 459, 603, 284, 828, 890, 6, 777, 825],
  ]);
});

Deno.test("seeds out of range and samples that are too large are refused", () => {
  throws(() => new PythonRandom(-1), {
    message: "Expected a seed from 0 to 2^32 - 1 but found -1",
  });
  throws(() => new PythonRandom(1, 2 ** 32), RangeError);
  throws(() => new PythonRandom(1).indices(3, 4), /at least 4 to draw from but found 3/);
});
