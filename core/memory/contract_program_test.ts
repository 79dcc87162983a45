import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { PLAIN_PROGRAM } from "../testing/plain_program.ts";
import { tokensOfBlock } from "./canonical_program.ts";
import { contractProgram } from "./contract_program.ts";
import type { AttentionProgram, PimLevel } from "./memory_model.ts";

const PROGRAM: AttentionProgram = {
  ...PLAIN_PROGRAM,
  heads: 2,
  contextTokens: 1000,
  keptTokens: 300,
  partitionTokens: 4096,
};

Deno.test("defaults are said: the contract has none", () => {
  deepEqual(contractProgram(PROGRAM, 16), {
    level: "bank",
    power: "limited",
    heads: 2,
    headDim: 128,
    elementBytes: 2,
    contextTokens: 1000,
    keptTokens: 300,
    partitionTokens: 4096,
    blocks: { offsets: new Uint32Array(0), blocks: new Uint32Array(0) },
    clustering: { tag: "none" },
    oddTail: "once",
    secondContext: "of-first",
    partnerTraffic: "truncated",
    queries: 1,
    passes: "attention",
    metadataReads: [],
  });
});

Deno.test("what was chosen arrives", () => {
  const program = contractProgram({
    ...PROGRAM,
    clustering: true,
    rowTokens: 8,
    secondContext: "own",
    partnerTraffic: "whole",
    queries: 4,
    passes: "scores",
  }, 16);
  deepEqual(program.clustering, { tag: "whole-context", value: { rowTokens: 8 } });
  equal(program.secondContext, "of-second");
  deepEqual([program.partnerTraffic, program.queries, program.passes], ["whole", 4, "scores"]);
});

Deno.test("blocks of another size are those that hold any of the tokens, each once", () => {
  fc.assert(
    fc.property(
      fc.constantFrom<PimLevel>("bank", "bankgroup", "buffer"),
      fc.constantFrom(1, 2, 3, 8, 16, 24, 64),
      fc.integer({ min: 1, max: 400 }),
      fc.uniqueArray(fc.nat(399), { maxLength: 60 }),
      (pim, to, contextTokens, drawn) => {
        const from = tokensOfBlock(pim);
        const stored = Math.ceil(contextTokens / from);
        const list = drawn.filter((block) => block < stored).sort((a, b) => a - b);
        const headBlocks = [Uint32Array.from(list), Uint32Array.of(0)];
        const { blocks } = contractProgram({ ...PROGRAM, pim, contextTokens, headBlocks }, to);
        const wanted = new Set<number>();
        for (const block of list) {
          for (let token = block * from; token < (block + 1) * from; token++) {
            if (token < contextTokens) wanted.add(Math.floor(token / to));
          }
        }
        deepEqual(blocks.offsets[0], 0);
        deepEqual([...blocks.blocks.subarray(0, blocks.offsets[1])], [...wanted]);
      },
    ),
  );
});
