import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import fc from "fast-check";
import { PLAIN_PROGRAM } from "../testing/plain_program.ts";
import { Hbm3PimMemory } from "./hbm3_pim.ts";
import type { AttentionProgram, MemoryResult } from "./memory_model.ts";

const PROGRAM: AttentionProgram = {
  ...PLAIN_PROGRAM,
  heads: 4,
  contextTokens: 4096,
  keptTokens: 4096,
};

using memory = await Hbm3PimMemory.open({ workers: 1 });
const run = async (program: AttentionProgram): Promise<MemoryResult> =>
  (await memory.simulate([program]))[0]!;

Deno.test("queries that share a head read it once and move their own operands", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        pim: fc.constantFrom("bank", "bankgroup", "buffer"),
        heads: fc.integer({ min: 1, max: 40 }),
        queries: fc.integer({ min: 1, max: 16 }),
        keptTokens: fc.integer({ min: 1, max: 600 }),
      }),
      async ({ queries, ...chosen }) => {
        const program = {
          ...PROGRAM,
          ...chosen,
          contextTokens: chosen.keptTokens,
          secondContext: "own",
          partnerTraffic: "whole",
        } as AttentionProgram;
        const one = await run(program);
        const shared = await run({ ...program, queries });
        deepEqual(
          { ...shared, cycles: 0 },
          {
            cycles: 0,
            mac: one.mac,
            softmax: queries * one.softmax,
            mvgb: queries * one.mvgb,
            mvsb: queries * one.mvsb,
            wrgb: queries * one.wrgb,
          },
        );
        ok(shared.cycles >= one.cycles);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("three queries are read for, four are multiplied for", async () => {
  const gap = async (queries: number) => {
    const [short, long] = await Promise.all(
      [2048, 4096].map((keptTokens) =>
        run({ ...PROGRAM, heads: 1, keptTokens, contextTokens: keptTokens, queries })
      ),
    );
    return (long!.cycles - short!.cycles) / (long!.mac - short!.mac);
  };
  const [one, three, four] = [await gap(1), await gap(3), await gap(4)];
  // A MAC in 6 cycles and what refreshes, rows and moves add; then one in 8, which hides some.
  ok(one < three && three < 1.2 * one, `${one} ${three}`);
  ok(four - three > 1 && four - three < 2.5, `${four} ${three}`);
});

Deno.test("contiguous blocks of shared heads take the compact program's cycles", async () => {
  const program = { ...PROGRAM, queries: 4, contextTokens: 1600, keptTokens: 1600 };
  const headBlocks = Array.from(
    { length: 4 },
    () => Uint32Array.from({ length: 100 }, (_, i) => i),
  );
  deepEqual(await run({ ...program, headBlocks }), await run(program));
});

Deno.test("scores alone are the score pass: half the MACs, no softmax, nothing moved back", async () => {
  for (const heads of [4, 20, 40]) {
    const program = { ...PROGRAM, heads, keptTokens: 512, contextTokens: 512 };
    const both = await run({ ...program, secondContext: "own", partnerTraffic: "whole" });
    const scores = await run({ ...program, passes: "scores" });
    // A pair's first row is opened by a MAC of its own.
    const early = heads > 16 ? 16 : 0;
    equal(scores.mac, (both.mac - early) / 2);
    deepEqual([scores.softmax, scores.mvgb, scores.wrgb], [0, 0, both.wrgb]);
    ok(scores.cycles < both.cycles);
  }
});

Deno.test("programs with other numbers of queries have other keys", () => {
  const keys = [undefined, 1, 2].map((queries) =>
    memory.keyOf(queries === undefined ? PROGRAM : { ...PROGRAM, queries })
  );
  equal(keys[0], keys[1]);
  ok(keys[1] !== keys[2]);
});

Deno.test("no queries, or more than a group has, are refused", async () => {
  await rejects(run({ ...PROGRAM, queries: 0 }), /queries to be a whole number from 1 to 16/);
  await rejects(run({ ...PROGRAM, queries: 17 }), /but found 17/);
});
