import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import fc from "fast-check";
import { PluginFailure } from "../host/outcome.ts";
import { digestOf } from "../host/transpile.ts";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import { PLAIN_PROGRAM } from "../testing/plain_program.ts";
import { builtInComponent, openBuiltInMemory } from "./built_in_memories.ts";
import { canonicalProgram } from "./canonical_program.ts";
import { Hbm3PimMemory } from "./hbm3_pim.ts";
import type { AttentionProgram, MemoryModel, MemoryResult } from "./memory_model.ts";
import { PluginMemory, type PluginMemoryOptions } from "./plugin_memory.ts";

const testdata = (name: string) =>
  builtComponent(new URL(`../../wasm/sdk/testdata/${name}/`, import.meta.url));
const ideal = testdata("ideal");
const hostile = testdata("hostile-memory");

async function run(memory: MemoryModel, program: AttentionProgram): Promise<MemoryResult> {
  const [result] = await memory.simulate([program]);
  return result!;
}

Deno.test("programs in the host cost what the engine called directly says", async () => {
  const programs = Array.from({ length: 120 }, (_, i) => ({
    ...PLAIN_PROGRAM,
    heads: 1 + i % 20,
    contextTokens: 1600 - 5 * i,
    keptTokens: 1600 - 13 * i,
  }));
  using direct = await Hbm3PimMemory.open({ workers: 1 });
  const expected = await direct.simulate(programs);
  using here = await openBuiltInMemory("hbm3-pim-bank", { workers: 1 });
  deepEqual(await here.simulate(programs), expected);
  using beside = await openBuiltInMemory("hbm3-pim-bank", { workers: 2, workersFrom: 0 });
  deepEqual(await beside.simulate(programs), expected, "in workers");
  deepEqual(programs.map((one) => here.keyOf(one)), programs.map((one) => direct.keyOf(one)));
});

Deno.test("progress counts distinct programs up to the last", async () => {
  using memory = await openBuiltInMemory("hbm3-pim-bank", { workers: 2, workersFrom: 0 });
  const kept = Array.from({ length: 80 }, (_, i) => 16 * (1 + i % 40));
  const seen: [number, number][] = [];
  await memory.simulate(
    kept.map((keptTokens) => ({ ...PLAIN_PROGRAM, keptTokens })),
    (done, total) => seen.push([done, total]),
  );
  deepEqual(seen.at(-1), [40, 40]);
  ok(seen.every(([done], i) => i === 0 || done > seen[i - 1]![0]));
});

Deno.test("a memory is named by its component", async () => {
  using memory = await openBuiltInMemory("hbm3-pim-bank");
  equal(memory.digest, digestOf(await builtInComponent("hbm3-pim-bank")));
  equal(memory.cycleNs, 0.769);
  using jedec = await openBuiltInMemory("hbm3-jedec-bank");
  notEqual(jedec.digest, memory.digest);
  notEqual((await run(jedec, PLAIN_PROGRAM)).cycles, (await run(memory, PLAIN_PROGRAM)).cycles);
});

Deno.test("programs of the same commands are one for built-ins only", async () => {
  using memory = await openBuiltInMemory("hbm3-pim-bank");
  const twin = { ...PLAIN_PROGRAM, contextTokens: 4096 };
  equal(memory.keyOf(twin), memory.keyOf(PLAIN_PROGRAM));
  using stranger = await PluginMemory.open(await ideal, { workers: 1 });
  notEqual(stranger.keyOf(twin), stranger.keyOf(PLAIN_PROGRAM));
  notEqual(stranger.keyOf(canonicalProgram(PLAIN_PROGRAM)), stranger.keyOf(PLAIN_PROGRAM));
});

Deno.test("a stranger's memory gives the same in one worker and in several", async () => {
  const lengths = fc.sample(fc.integer({ min: 1, max: 2000 }), { numRuns: 300, seed: 1 });
  const programs = lengths.map((keptTokens) => ({ ...PLAIN_PROGRAM, keptTokens }));
  const simulate = async (options: PluginMemoryOptions) => {
    using memory = await PluginMemory.open(await ideal, options);
    return await memory.simulate(programs);
  };
  const alone = await simulate({ workers: 1 });
  deepEqual(alone.map(({ cycles }) => cycles), lengths.map((tokens) => 13 * tokens));
  deepEqual(await simulate({ workers: 3, workersFrom: 0 }), alone);
});

Deno.test("a level a memory does not compute at is named", async () => {
  using memory = await PluginMemory.open(await ideal, { workers: 1 });
  await rejects(run(memory, { ...PLAIN_PROGRAM, pim: "buffer" }), {
    name: "RangeError",
    message: "Expected PIM at the bank with the memory ideal but found it at the buffer",
  });
});

Deno.test("what is out of range is refused before the memory sees it", async () => {
  using memory = await openBuiltInMemory("hbm3-pim-buffer");
  const program = { ...PLAIN_PROGRAM, pim: "buffer" } as const;
  await rejects(run(memory, { ...program, heads: 0 }), /Expected heads a stack to be a whole/);
  await rejects(run(memory, { ...program, clustering: true }), /STARC describes no other/);
  await rejects(
    run(memory, { ...program, headBlocks: Array.from({ length: 13 }, () => new Uint32Array(0)) }),
    /Expected a head that reads a block but found none/,
  );
});

/** What the hostile memory does at a head size, and the line it ends in. */
const DEEDS: [deed: string, headDim: number, message: RegExp][] = [
  ["loops", 2, /^hostile-memory: ran out of fuel: more than 10000000 in one call$/],
  ["takes all memory", 3, /^hostile-memory: ran out of memory: more than 16777216 bytes$/],
  ["calls itself", 4, /^hostile-memory: (trapped \(stack-overflow\)|ran out of fuel)/],
  ["traps", 5, /^hostile-memory: trapped \(unreachable\) in \S*simulate/],
  ["reads outside an array", 6, /^hostile-memory: trapped \(unreachable\) in /],
  [
    "leaves out a cost",
    7,
    /^hostile-memory: broke the contract: Expected 2 costs but found 1$/,
  ],
  [
    "has no cycle",
    8,
    /^hostile-memory: broke the contract: Expected a cycle longer than 0 ns but found NaN$/,
  ],
  [
    "changes its clock",
    9,
    /^hostile-memory: broke the contract: Expected cycles of 1 ns, as described, but found 2$/,
  ],
  [
    "gives energy back",
    10,
    /^hostile-memory: broke the contract: Expected picojoules from 0 but found -1$/,
  ],
  [
    "declines what nobody asked",
    11,
    /^hostile-memory: declined: \{"tag":"unsupported","value":\{"program":99,"field":"heads"\}\}$/,
  ],
];

for (const [deed, headDim, message] of DEEDS) {
  Deno.test(`a memory that ${deed} ends in one line that says so`, async () => {
    const limits = { fuelPerCall: 1e7, memoryBytes: 2 ** 24 };
    using memory = await PluginMemory.open(await hostile, { limits, workers: 1 });
    const programs = [1, 2].map((keptTokens) => ({ ...PLAIN_PROGRAM, headDim, keptTokens }));
    await rejects(memory.simulate(programs), (error) => {
      ok(error instanceof PluginFailure, String(error));
      ok(message.test(error.message), error.message);
      return true;
    });
  });
}

Deno.test("a memory that runs too long is ended by the clock", async () => {
  const limits = { fuelPerCall: 2 ** 52, wallMsPerCall: 300 };
  using memory = await PluginMemory.open(await hostile, { limits, workers: 1 });
  await rejects(run(memory, { ...PLAIN_PROGRAM, headDim: 2 }), {
    name: "PluginFailure",
    message: "hostile-memory: ran out of time: more than 300 ms in one call",
  });
});

Deno.test("a stranger's memory cannot let its past decide", async () => {
  using memory = await PluginMemory.open(await hostile, { workers: 1 });
  const remembering = { ...PLAIN_PROGRAM, headDim: 12 };
  equal((await run(memory, remembering)).cycles, 1);
  equal((await run(memory, { ...remembering, keptTokens: 5 })).cycles, 1);
});

Deno.test("what is no memory is refused in one line with its name", async () => {
  await rejects(PluginMemory.open(new Uint8Array(8), { label: "./mine.wasm" }), {
    name: "PluginFailure",
    message: "./mine.wasm: refused: not a WebAssembly component (no WebAssembly)",
  });
});
