import { equal } from "node:assert/strict";
import fc from "fast-check";
import { buildModule } from "../../wasm/build.ts";
import { hbm3PimDevice } from "../memory/hbm3_pim_device.ts";
import type { AttentionProgram } from "../memory/memory_model.ts";
import { ProgramRunner } from "../memory/program_runner.ts";
import { PLAIN_PROGRAM } from "../testing/plain_program.ts";
import { rowsOfBlocks, rowsOfProgram } from "./rows_opened.ts";

const { bytes } = await buildModule("pim/assembly/index.ts", ["dram/assembly", "pim/assembly"]);
const runner = new ProgramRunner(new WebAssembly.Module(bytes), hbm3PimDevice("limited"));

const PROGRAM: AttentionProgram = {
  ...PLAIN_PROGRAM,
  heads: 1,
  contextTokens: 4000,
  keptTokens: 4000,
};

Deno.test("the memory activates the rows counted, where no refresh closes one", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(64, 128, 160, 192),
      fc.uniqueArray(fc.nat(249), { minLength: 1, maxLength: 40 }),
      (headDim, list) => {
        const blocks = Uint32Array.from(list).sort();
        const program = { ...PROGRAM, headDim, headBlocks: [blocks] };
        // A refresh comes every 5070 cycles.
        fc.pre(runner.run(program).cycles < 5000);
        equal(rowsOfBlocks(program, blocks), runner.issued("ACTAB"));
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("the first blocks fill their rows", () => {
  for (const keptTokens of [16, 256, 272, 1616]) {
    const program = { ...PROGRAM, contextTokens: keptTokens, keptTokens };
    const blocks = Uint32Array.from({ length: keptTokens / 16 }, (_, i) => i);
    equal(rowsOfProgram(program), rowsOfBlocks(program, blocks));
    equal(rowsOfProgram({ ...program, heads: 13 }), 13 * rowsOfProgram(program));
  }
});
