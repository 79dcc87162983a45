import { deepEqual, equal, rejects } from "node:assert/strict";
import { PLAIN_PROGRAM } from "../testing/plain_program.ts";
import type { AttentionProgram, MemoryModel, MemoryResult } from "./memory_model.ts";
import { RememberingMemory } from "./remembering_memory.ts";
import { ResultStore } from "./result_store.ts";

const PROGRAM: AttentionProgram = {
  ...PLAIN_PROGRAM,
  contextTokens: 100,
  keptTokens: 100,
  partitionTokens: 4096,
};

/** A memory whose cycles are the kept tokens, and which counts what it is asked. */
class CountingMemory implements MemoryModel {
  readonly name = "counting";
  readonly cycleNs = 1;
  asked = 0;
  constructor(readonly digest: string) {}
  keyOf(program: AttentionProgram): string {
    return String(program.keptTokens);
  }
  simulate(programs: readonly AttentionProgram[]): Promise<MemoryResult[]> {
    this.asked += programs.length;
    return Promise.resolve(programs.map(({ keptTokens }) => ({
      cycles: keptTokens,
      mac: 0,
      softmax: 0,
      mvgb: 0,
      mvsb: 0,
      wrgb: 0,
    })));
  }
}

const programs = (tokens: readonly number[]) =>
  tokens.map((keptTokens) => ({ ...PROGRAM, keptTokens }));

Deno.test("what was simulated once is not simulated again", async () => {
  using store = ResultStore.inMemory();
  const memory = new CountingMemory("one");
  const remembering = new RememberingMemory(memory, store);
  const cyclesOf = async (tokens: number[]) =>
    (await remembering.simulate(programs(tokens))).map(({ cycles }) => cycles);
  deepEqual(await cyclesOf([3, 1, 3, 2]), [3, 1, 3, 2]);
  equal(memory.asked, 3);
  deepEqual(await cyclesOf([2, 4]), [2, 4]);
  equal(memory.asked, 4);
});

Deno.test("results of another memory are not taken", async () => {
  using store = ResultStore.inMemory();
  const other = new CountingMemory("two");
  await new RememberingMemory(new CountingMemory("one"), store).simulate(programs([5]));
  await new RememberingMemory(other, store).simulate(programs([5]));
  equal(other.asked, 1);
});

Deno.test("an interrupted run keeps what it had finished", async () => {
  using store = ResultStore.inMemory();
  const memory = new CountingMemory("one");
  const simulate = memory.simulate.bind(memory);
  memory.simulate = (asked) => {
    if (memory.asked >= 1024) throw new Error("interrupted");
    return simulate(asked);
  };
  const all = programs(Array.from({ length: 1500 }, (_, i) => i + 1));
  await rejects(new RememberingMemory(memory, store).simulate(all), /interrupted/);
  const again = new CountingMemory("one");
  await new RememberingMemory(again, store).simulate(all);
  equal(again.asked, 1500 - 1024);
});

Deno.test("progress counts what has to be simulated", async () => {
  using store = ResultStore.inMemory();
  const inner = new CountingMemory("one");
  const reporting: MemoryModel = {
    name: inner.name,
    digest: inner.digest,
    cycleNs: inner.cycleNs,
    keyOf: (program) => inner.keyOf(program),
    simulate(asked, onProgress) {
      onProgress?.(asked.length, asked.length);
      return inner.simulate(asked);
    },
  };
  const memory = new RememberingMemory(reporting, store);
  await memory.simulate(programs([1, 2]));
  const seen: number[][] = [];
  await memory.simulate(programs([1, 2, 3, 4, 5]), (done, total) => seen.push([done, total]));
  deepEqual(seen, [[3, 3]]);
});
