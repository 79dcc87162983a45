import { deepEqual, rejects, throws } from "node:assert/strict";
import { ProportionalMemory } from "../system/testing/table_memory.ts";
import { PLAIN_PROGRAM } from "../testing/plain_program.ts";
import { MemoryByLevel } from "./memory_by_level.ts";
import type { AttentionProgram } from "./memory_model.ts";

const PROGRAM: AttentionProgram = {
  ...PLAIN_PROGRAM,
  heads: 1,
  contextTokens: 64,
  keptTokens: 64,
  partitionTokens: 4096,
};
const memory = new MemoryByLevel(
  new Map([["bank", new ProportionalMemory(1)], ["buffer", new ProportionalMemory(10)]]),
);

Deno.test("each program goes to the memory of its level, answers in the order asked", async () => {
  const programs = (["buffer", "bank", "buffer"] as const).map((pim) => ({ ...PROGRAM, pim }));
  const results = await memory.simulate(programs);
  deepEqual(results.map(({ cycles }) => cycles), [640, 64, 640]);
});

Deno.test("a level without a memory is named", async () => {
  await rejects(memory.simulate([{ ...PROGRAM, pim: "bankgroup" }]), {
    name: "RangeError",
    message: "Expected PIM at the bank or buffer but found it at the bankgroup",
  });
});

Deno.test("memories whose cycles differ are not one", () => {
  const other = Object.assign(new ProportionalMemory(), { cycleNs: 2 });
  throws(
    () => new MemoryByLevel(new Map([["bank", new ProportionalMemory()], ["buffer", other]])),
    /Expected cycles of 0.769 ns but found 2/,
  );
});
