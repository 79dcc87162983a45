import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { Hbm3PimMemory } from "../memory/hbm3_pim.ts";
import type { AttentionProgram } from "../memory/memory_model.ts";
import { type BlockSource, meanRunOf, StatisticalBlocks } from "./block_source.ts";
import { leastSquares } from "./least_squares.ts";
import { expectedRows, rowsOfBlocks } from "./rows_opened.ts";
import { scatteredSteps } from "./scattered.ts";
import { simulateSystem } from "./simulate.ts";
import { parseSystemSpec, type SystemOptions } from "./spec.ts";

using memory = await Hbm3PimMemory.open({ workers: 1 });
const simulate = (programs: readonly AttentionProgram[]) => memory.simulate(programs);

const OPTIONS: SystemOptions = {
  system: "dgx-attacc",
  gpu: "H100",
  model: "Mistral-7B",
  powerlimit: true,
  lin: 2000,
  lout: 40,
  batch: 4,
  sparsity: { kvBudgets: Array.from({ length: 39 }, (_, i) => 320 + 16 * ((7 * i) % 20)) },
};

const run = (options: SystemOptions, blocks?: BlockSource) =>
  simulateSystem(parseSystemSpec({ ...OPTIONS, ...options }), memory, blocks ? { blocks } : {});

const FIRST_BLOCKS: BlockSource = {
  blocksOf: ({ keptBlocks }) => Uint32Array.from({ length: keptBlocks }, (_, i) => i),
};

Deno.test("blocks side by side from the first on cost what compact rows cost", async () => {
  // 31 columns of values at most: both passes lie in one row, whatever is stored between them.
  const lengths = { lin: 15, lout: 200, sparsity: { kvBudget: 16 } };
  const compact = await run(lengths);
  const scattered = await run({ ...lengths, rows: "scattered" }, FIRST_BLOCKS);
  deepEqual(scattered.row, compact.row);
  equal(scattered.sampling?.scatteredSteps, 198);
});

Deno.test("full attention reads everything and is not scattered", async () => {
  const full = { sparsity: null, lout: 5 };
  const compact = await run(full);
  const scattered = await run({ ...full, rows: "scattered" });
  deepEqual(scattered.row, compact.row);
  equal(scattered.sampling?.scatteredSteps, 0);
});

Deno.test("scattered blocks send the compact program's commands and take longer", async () => {
  const compact = await run({});
  const scattered = await run({ rows: "scattered" });
  equal(scattered.row.g_attn_mem_energy, compact.row.g_attn_mem_energy);
  ok(scattered.row.g_matmul > 1.1 * compact.row.g_matmul);
  deepEqual(scattered.sampling, { scatteredSteps: 39, sampledSteps: 39, relativeError: 0 });
});

Deno.test("long runs of blocks cost less than scattered ones", async () => {
  const time = async (locality: number | null) =>
    (await run({ rows: "scattered", locality })).row.g_matmul;
  const [alone, four, sixteen] = [await time(null), await time(4), await time(16)];
  ok(alone > four && four > sixteen, `${alone} ${four} ${sixteen}`);
});

Deno.test("a seed gives the same result again, another seed another", async () => {
  const cycles = async (
    seed: number,
  ) => [...(await run({ rows: "scattered", seed })).perStep.attentionCycles];
  deepEqual(await cycles(1), await cycles(1));
  ok((await cycles(2)).some((value, i, all) => value !== all[i - 1]));
});

Deno.test("a sample of the steps tells what all of them cost, within its error", async () => {
  const programs = Array.from({ length: 400 }, (_, step): AttentionProgram => ({
    pim: "bank",
    power: "limited",
    heads: 2,
    headDim: 128,
    elementBytes: 2,
    contextTokens: 4000 + 10 * step,
    keptTokens: 16 * (20 + ((31 * step) % 60)),
    partitionTokens: 409600,
    clustering: false,
    rowTokens: 16,
    oddTail: "once",
  }));
  const source = new StatisticalBlocks({ seed: 5 });
  const all = await scatteredSteps(programs, source, 400, simulate);
  const some = await scatteredSteps(programs, source, 50, simulate);
  const mean = (steps: typeof all.steps, of: (step: typeof all.steps[number]) => number) =>
    steps.reduce((sum, step) => sum + of(step), 0) / steps.length;
  const relative = (of: (step: typeof all.steps[number]) => number) =>
    mean(some.steps, of) / mean(all.steps, of) - 1;
  const { relativeError, sampledSteps } = some.sampling;
  equal(sampledSteps, 50);
  ok(relativeError > 0 && relativeError < 0.01, `${relativeError}`);
  const found = relative(({ result }) => result.cycles);
  ok(Math.abs(found) < 3 * relativeError, `${found} ${relativeError}`);
  ok(Math.abs(relative(({ rowsOpened }) => rowsOpened)) < 0.01);
  // Commands follow from the blocks alone.
  for (const kind of ["mac", "softmax", "mvgb", "mvsb", "wrgb"] as const) {
    ok(Math.abs(relative(({ result }) => result[kind])) < 1e-9, kind);
  }
});

Deno.test("blocks by chance ascend, are as many as asked and lie in the context", () => {
  const sizes = fc.record({
    storedBlocks: fc.integer({ min: 2, max: 500 }),
    share: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    meanRun: fc.option(fc.double({ min: 1, max: 600, noNaN: true })),
    seed: fc.nat(),
  });
  fc.assert(fc.property(sizes, ({ storedBlocks, share, meanRun, seed }) => {
    const keptBlocks = Math.max(1, Math.floor(share * storedBlocks));
    const source = new StatisticalBlocks({ seed, ...(meanRun !== null && { meanRun }) });
    const blocks = source.blocksOf({ step: 1, head: 2, storedBlocks, keptBlocks });
    equal(blocks.length, keptBlocks);
    ok(blocks.every((block, i) => block < storedBlocks && (i === 0 || block > blocks[i - 1]!)));
  }));
});

Deno.test("runs have the mean length asked for", () => {
  for (const meanRun of [1.5, 3, 10]) {
    const source = new StatisticalBlocks({ seed: 3, meanRun });
    let runs = 0;
    for (let head = 0; head < 300; head++) {
      const blocks = source.blocksOf({ step: 0, head, storedBlocks: 1000, keptBlocks: 100 });
      runs += 100 / meanRunOf(blocks);
    }
    ok(Math.abs(300 * 100 / runs / meanRun - 1) < 0.02, `${300 * 100 / runs}`);
  }
});

Deno.test("the rows that random blocks are expected in are those they are in", () => {
  const program = { headDim: 128, elementBytes: 2, contextTokens: 10000 };
  for (const keptBlocks of [10, 64, 281]) {
    const { keys, values } = expectedRows(program, keptBlocks);
    const source = new StatisticalBlocks({ seed: 9 });
    let rows = 0;
    for (let head = 0; head < 500; head++) {
      const blocks = source.blocksOf({ step: 0, head, storedBlocks: 625, keptBlocks });
      rows += rowsOfBlocks(program, blocks);
    }
    // 625 blocks fill no whole number of rows: a pass begins within a row.
    ok(Math.abs(rows / 500 / (keys + values) - 1) < 0.02, `${rows / 500} ${keys + values}`);
  }
});

Deno.test("a fit finds the line, and leaves out what says nothing new", () => {
  const features = Array.from({ length: 20 }, (_, i) => [1, 7, i, 2 * i, i * i]);
  const model = leastSquares(features, features.map(([, , x]) => [3 + 4 * x! - x! * x!, -x!]));
  equal(model.rank, 3);
  const [first, second] = model.predict([1, 7, 30, 60, 900]);
  ok(Math.abs(first! - (3 + 120 - 900)) < 1e-6 && Math.abs(second! + 30) < 1e-9);
});
