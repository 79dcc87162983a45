import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { DramEngine } from "../../../core/memory/engine.ts";
import { deviceOf, type TraceRequest } from "./hbm3_pim_rules.ts";
import {
  ALL_OPERATIONS,
  ORDINARY_OPERATIONS,
  PIM_OPERATIONS,
  type RandomCase,
  randomCases,
} from "./random_programs.ts";
import { type ProgramOptions, referenceProgram } from "./reference_programs.ts";
import { checkStates } from "./state_checker.ts";
import { runTicks, type TickOptions, type TickResult } from "./tick_model.ts";
import { checkTiming } from "./timing_checker.ts";
import { formatIssued, parseRequest } from "./trace_text.ts";

/**
 * Some random programs never end in the reference: requests close each other's rows for ever, unless
 * a refresh comes between them. So many cycles are given after the next refresh is due.
 */
const AFTER_REFRESH = 1000;
/** Others take a refresh for every few requests. */
const CYCLE_LIMIT = 20_000;

const engines = new Map<string, Promise<DramEngine>>();

function engineFor(options: TickOptions): Promise<DramEngine> {
  const key = JSON.stringify(options);
  const engine = engines.get(key) ?? DramEngine.open(options);
  engines.set(key, engine);
  return engine;
}

/** Cycles, counters and the whole log of every channel, engine against tick model. */
async function expectEqual(
  options: TickOptions,
  requests: readonly TraceRequest[],
  ticks: TickResult,
  channels = options.channels,
): Promise<void> {
  const engine = await engineFor(options);
  for (let channel = 0; channel < channels; channel++) {
    engine.begin(channel);
    engine.send(requests);
    const { cycles, counts } = engine.finish();
    const log = engine.takeLog() as TickResult["log"][number];
    deepEqual(log.map(formatIssued), ticks.log[channel]!.map(formatIssued), `channel ${channel}`);
    equal(cycles, ticks.cycles);
    deepEqual({ ...counts }, { ...ticks.counts });
  }
}

function expectLegal(options: TickOptions, { log, cycles }: TickResult): void {
  const device = deviceOf(options);
  for (const channel of log) {
    deepEqual([...checkTiming(device, channel), ...checkStates(device, channel, cycles)], []);
  }
}

async function checkCase({ options, requests }: RandomCase): Promise<void> {
  let ticks: TickResult;
  try {
    const stallLimit = deviceOf(options).timing.nREFI + AFTER_REFRESH;
    ticks = runTicks({ ...options, stallLimit, cycleLimit: CYCLE_LIMIT }, requests);
  } catch {
    return fc.pre(false);
  }
  // What the engine issued equals what the tick model issued, so one check of the log is enough.
  await expectEqual(options, requests, ticks);
  expectLegal(options, ticks);
}

const RANDOM = [
  ["PIM operations", PIM_OPERATIONS, { bursts: 12, count: 20 }, 60],
  ["PIM operations across refreshes", PIM_OPERATIONS, { bursts: 25, count: 60 }, 15],
  ["reads and writes", ORDINARY_OPERATIONS, { bursts: 20, count: 40 }, 40],
  ["all operations together", ALL_OPERATIONS, { bursts: 12, count: 20 }, 60],
  ["all operations, one by one", ALL_OPERATIONS, { bursts: 60, count: 2 }, 40],
] as const;

for (const [name, operations, limits, numRuns] of RANDOM) {
  Deno.test(`engine, tick model and constraints agree on random programs: ${name}`, async () => {
    await fc.assert(fc.asyncProperty(randomCases(operations, limits), checkCase), { numRuns });
  });
}

const STACK = { organisation: "HBM3_8Gb_2R", channels: 16 };

const programs: fc.Arbitrary<ProgramOptions> = fc.record({
  pim: fc.constantFrom("bank", "bankgroup", "buffer"),
  heads: fc.integer({ min: 1, max: 40 }),
  headDim: fc.constantFrom(64, 128),
  elementBytes: fc.constantFrom(1, 2),
  contextTokens: fc.integer({ min: 1, max: 400 }),
  keptTokens: fc.integer({ min: 1, max: 400 }),
  partitionTokens: fc.constantFrom(4096, 409600),
  clustering: fc.boolean(),
}).map((program) => ({
  ...program,
  keptTokens: Math.min(program.keptTokens, program.contextTokens),
  // Published for bank PIM and an unpaired last iteration only.
  clustering: program.clustering && program.pim === "bank" && program.heads <= 16,
}));

Deno.test("engine, tick model and constraints agree on the generators' programs", async () => {
  const timings = fc.constantFrom("HBM3_5.2Gbps", "HBM3_5.2Gbps_NPC");
  await fc.assert(
    fc.asyncProperty(programs, timings, async (program, timing) => {
      const options = { ...STACK, timing };
      const requests = referenceProgram(program);
      const ticks = runTicks(options, requests);
      // Channel 0 always has work; the cycles are those of the slowest.
      await expectEqual(options, requests, ticks, 1);
      expectLegal(options, { ...ticks, log: [ticks.log[0]!, ticks.log.at(-1)!] });
    }),
    { numRuns: 12 },
  );
});

const MEMORY = { organisation: "HBM3_2Gb_1R", timing: "HBM3_4.8Gbps", channels: 1 };

/** More requests than a queue holds, so that later ones come in later cycles. */
const OVERTAKING = `
  LD:0x0 LD:0x0 LD:0x0 LD:0x0 LD:0x0 LD:0x0 LD:0x0 LD:0x0 LD:0x0 LD:0x0 LD:0x0 LD:0x0 LD:0x0
  LD:0x8000000 LD:0x3000000 LD:0x1000000 LD:0x0 ST:0x0 LD:0x6000400 LD:0x800260 LD:0xb0006a0
  LD:0x4000560 LD:0xb000a60 LD:0xd0009e0 LD:0xc0005a0 ST:0xe000020 LD:0xe800b80 LD:0x8000940
  ST:0x3000a80 LD:0x4000bc0 ST:0xc000880 ST:0x8000980 LD:0x68006a0 LD:0xf000a20 LD:0xa8003a0
  ST:0xa0001e0 LD:0x28005a0 LD:0xb800480 ST:0x7800a20 LD:0x8002c0 LD:0x6000240 ST:0x1000860
  ST:0x2800360 ST:0xe800640 ST:0x3800080 ST:0x40001a0
`;

Deno.test("of two ready requests whose rows were opened for them, the one that came first goes", async () => {
  const requests = OVERTAKING.trim().split(/\s+/).map((item) =>
    parseRequest(item.replace(":", " "))
  );
  await expectEqual(MEMORY, requests, runTicks(MEMORY, requests));
});

Deno.test("any number of reads can be answered from a queued write", async () => {
  const requests = [
    parseRequest("ST 0x0"),
    ...Array.from({ length: 5000 }, () => parseRequest("LD 0x0")),
  ];
  await expectEqual(MEMORY, requests, runTicks(MEMORY, requests));
});

Deno.test("a read of what waits to be written needs no room among the reads", async () => {
  const range = (count: number, item: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => parseRequest(item(i)));
  const requests = [
    ...range(33, () => "LD 0x0"),
    // As many as turn the controller to writes, which are issued before any of the reads.
    ...range(26, (i) => `ST 0x${(0xa800000 + 32 * i).toString(16)}`),
    parseRequest("LD 0xa800000"),
  ];
  const ticks = runTicks(MEMORY, requests);
  equal(ticks.log[0]!.filter(({ command }) => command === "RD").length, 33);
  await expectEqual(MEMORY, requests, ticks);
});
