import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import fc from "fast-check";
import { buildModule } from "../../wasm/build.ts";
import { PLAIN_PROGRAM } from "../testing/plain_program.ts";
import { Hbm3PimMemory } from "./hbm3_pim.ts";
import { hbm3PimDevice } from "./hbm3_pim_device.ts";
import type { AttentionProgram } from "./memory_model.ts";
import { ProgramRunner } from "./program_runner.ts";

const { bytes } = await buildModule("pim/assembly/index.ts", ["dram/assembly", "pim/assembly"]);
const runner = new ProgramRunner(new WebAssembly.Module(bytes), hbm3PimDevice("limited"));

const PROGRAM: AttentionProgram = { ...PLAIN_PROGRAM, contextTokens: 10000, keptTokens: 10000 };

/** Ascending numbers below `count`. */
const firstBlocks = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);

/** A small generator with a seed (mulberry32), so that draws are the same everywhere. */
function randomFrom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of the numbers below `most`, each set equally likely (Floyd's sampling). */
function draw(count: number, most: number, random: () => number): Uint32Array {
  const drawn = new Set<number>();
  for (let j = most - count; j < most; j++) {
    const candidate = Math.floor(random() * (j + 1));
    drawn.add(drawn.has(candidate) ? j : candidate);
  }
  return Uint32Array.from(drawn).sort();
}

Deno.test("contiguous blocks take the cycles and commands of the compact program", () => {
  fc.assert(
    fc.property(
      fc.record({
        pim: fc.constantFrom("bank", "bankgroup", "buffer"),
        heads: fc.integer({ min: 1, max: 40 }),
        headDim: fc.constantFrom(64, 128, 160),
        elementBytes: fc.constantFrom(1, 2),
        contextTokens: fc.integer({ min: 1, max: 400 }),
      }),
      (chosen) => {
        const program = {
          ...PROGRAM,
          ...chosen,
          keptTokens: chosen.contextTokens,
        } as AttentionProgram;
        const count = Math.ceil(program.contextTokens / (program.pim === "buffer" ? 2 : 16));
        const headBlocks = Array.from({ length: program.heads }, () => firstBlocks(count));
        deepEqual(runner.run({ ...program, headBlocks }), runner.run(program));
      },
    ),
    { numRuns: 60 },
  );
});

/**
 * Cycles of single draws of uniformly random blocks at 13 heads, measured with the reference's
 * simulator: [context tokens, blocks a head, cycles].
 */
const SINGLE_DRAWS = [
  [10000, 64, 4864],
  [10000, 106, 6214],
  [10000, 281, 10925],
  [32000, 64, 9502],
  [32000, 106, 11790],
  [32000, 281, 18480],
] as const;

for (const [contextTokens, count, reference] of SINGLE_DRAWS) {
  Deno.test(`${count} random blocks of ${contextTokens} tokens open the rows they should`, () => {
    const stored = Math.ceil(contextTokens / 16);
    const seeds = 20;
    let opened = 0;
    let cycles = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const random = randomFrom(seed);
      const headBlocks = Array.from({ length: 13 }, () => draw(count, stored, random));
      cycles += runner.run({ ...PROGRAM, contextTokens, headBlocks }).cycles;
      opened += headBlocks.reduce((sum, blocks) => sum + keyRows(blocks), 0) / 13;
    }
    const expected = expectedRows(stored, count);
    ok(Math.abs(opened / seeds / expected - 1) < 0.01, `${opened / seeds} rows, not ${expected}`);
    ok(Math.abs(cycles / seeds / reference - 1) < 0.12, `${cycles / seeds}, not ${reference}`);
  });
}

/** All-bank rows the keys of some blocks lie in: 16 blocks of two columns fill a row. */
function keyRows(blocks: Uint32Array): number {
  return new Set(Array.from(blocks, (block) => block >> 4)).size;
}

/** Mean number of rows of 16 that `count` blocks drawn from `stored` without return touch. */
function expectedRows(stored: number, count: number): number {
  let rows = 0;
  for (let first = 0; first < stored; first += 16) {
    const size = Math.min(16, stored - first);
    let missed = 1;
    for (let i = 0; i < size; i++) missed *= (stored - count - i) / (stored - i);
    rows += 1 - missed;
  }
  return rows;
}

Deno.test("every row a head's keys or values lie in is activated, refreshes aside", () => {
  const blocks = Uint32Array.of(0, 5, 40, 41, 300, 624);
  const program = { ...PROGRAM, heads: 1, headBlocks: [blocks] };
  runner.run(program);
  const columns = (pass: number) => Array.from(blocks, (block) => (pass * 625 + block) >> 5);
  const valueRows = [...columns(0), ...columns(1)].filter((row, i, all) => row !== all[i - 1]);
  equal(runner.issued("ACTAB"), keyRows(blocks) + valueRows.length);
});

Deno.test("a head with fewer blocks waits for the others", () => {
  const long = { ...PROGRAM, heads: 1, headBlocks: [firstBlocks(100)] };
  const mixed = { ...PROGRAM, heads: 2, headBlocks: [firstBlocks(100), firstBlocks(3)] };
  const [alone, together] = [runner.run(long), runner.run(mixed)];
  equal(together.cycles, alone.cycles);
  equal(together.mac - alone.mac, 4 * 3);
  equal(together.mvgb - alone.mvgb, 8);
});

Deno.test("results are told apart by every block of every head", async () => {
  using memory = await Hbm3PimMemory.open();
  const key = (...headBlocks: number[][]) =>
    memory.keyOf({
      ...PROGRAM,
      heads: headBlocks.length,
      headBlocks: headBlocks.map((blocks) => Uint32Array.from(blocks)),
    });
  equal(new Set([key([1], [2]), key([2], [1]), key([1, 2], []), key([], [1, 2])]).size, 4);
});

Deno.test("blocks that do not ascend within the context are refused", async () => {
  using memory = await Hbm3PimMemory.open();
  const simulate = (blocks: number[]) =>
    memory.simulate([{ ...PROGRAM, heads: 1, headBlocks: [Uint32Array.from(blocks)] }]);
  await rejects(
    simulate([3, 2]),
    /blocks of head 0 to ascend below 625 but found 2 at index 1/,
  );
  await rejects(simulate([625]), /found 625 at index 0/);
});
