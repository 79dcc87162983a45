import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { BlockSet } from "./block_set.ts";
import { DRAM_ROW_TOKENS, ROW16_TOKENS, RowCounter, rows16Touched } from "./rows.ts";

const counter = new RowCounter();
const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** A context, some of its tokens, and a placement that is a permutation. */
const selections = fc.integer({ min: 1, max: 2000 }).chain((contextTokens) =>
  fc.record({
    contextTokens: fc.constant(contextTokens),
    tokens: fc.uniqueArray(fc.nat(contextTokens - 1), { maxLength: 200 }),
    slots: fc.shuffledSubarray(range(0, contextTokens), {
      minLength: contextTokens,
      maxLength: contextTokens,
    }),
  })
);

Deno.test("full attention touches ceil(L / 16) rows and ceil(L / 256) all-bank rows", () => {
  for (const contextTokens of [1, 15, 16, 17, 255, 256, 257, 4096]) {
    deepEqual(counter.count(range(0, contextTokens), contextTokens), {
      keptTokens: contextTokens,
      sequentialRows16: Math.ceil(contextTokens / 16),
      placedRows16: Math.ceil(contextTokens / 16),
      sequentialDramRows: Math.ceil(contextTokens / 256),
      placedDramRows: Math.ceil(contextTokens / 256),
    });
  }
});

Deno.test("whole aligned pages cost one row each", () => {
  const pages = [3, 17, 60, 61];
  const tokens = pages.flatMap((page) => range(page * 16, page * 16 + 16));
  equal(counter.count(tokens, 1024).sequentialRows16, pages.length);
});

Deno.test("a cluster of c slots at offset o touches ceil(((o mod 16) + c) / 16) rows", () => {
  for (const offset of [0, 5, 15, 16, 30]) {
    for (const size of [1, 11, 12, 16, 17]) {
      const rows = counter.count(range(offset, offset + size), 64);
      equal(rows.sequentialRows16, Math.ceil((offset % 16 + size) / 16));
    }
  }
});

Deno.test("counts agree with sets of quotients, sequential and placed", () => {
  fc.assert(fc.property(selections, ({ contextTokens, tokens, slots }) => {
    const distinct = (values: number[], size: number) =>
      new Set(values.map((value) => Math.floor(value / size))).size;
    const placed = tokens.map((token) => slots[token]!);
    deepEqual(counter.count(tokens, contextTokens, slots), {
      keptTokens: tokens.length,
      sequentialRows16: distinct(tokens, ROW16_TOKENS),
      placedRows16: distinct(placed, ROW16_TOKENS),
      sequentialDramRows: distinct(tokens, DRAM_ROW_TOKENS),
      placedDramRows: distinct(placed, DRAM_ROW_TOKENS),
    });
    const rows = [...rows16Touched(tokens, slots)];
    deepEqual(
      rows,
      [...new Set(placed.map((slot) => Math.floor(slot / 16)))].sort((a, b) => a - b),
    );
  }));
});

Deno.test("an empty selection touches nothing", () => {
  equal(counter.count([], 10).placedDramRows, 0);
  equal(rows16Touched([]).length, 0);
});

Deno.test("tokens out of range, named twice or without a slot are refused", () => {
  throws(() => counter.count([10], 10), {
    message: "Expected a token below 10 but found 10",
  });
  throws(() => counter.count([-1], 10), /found -1/);
  throws(() => counter.count([0.5], 10), /found 0.5/);
  throws(() => counter.count([4, 4], 10), {
    message: "Expected each token once but found 4 twice",
  });
  throws(() => counter.count([4], 10, [0, 1]), {
    message: "Expected a slot for each of 10 tokens but found 2",
  });
});

Deno.test("a block set behaves like a set of numbers", () => {
  const blocks = new BlockSet();
  fc.assert(fc.property(fc.array(fc.nat(100_000)), (numbers) => {
    blocks.clear();
    const expected = new Set<number>();
    for (const number of numbers) {
      equal(blocks.add(number), !expected.has(number));
      expected.add(number);
    }
    deepEqual([...blocks.sorted()], [...expected].sort((a, b) => a - b));
    equal(blocks.size, expected.size);
  }));
});
