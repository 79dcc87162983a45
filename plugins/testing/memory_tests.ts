/**
 * For tests only: what every memory model of this repository must do.
 *
 * @module
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { type MemoryPlugin, unwrap } from "../../core/host/mod.ts";
import { tokensOfBlock } from "../../core/memory/canonical_program.ts";
import { contractProgram } from "../../core/memory/contract_program.ts";
import { contractCommand } from "../../core/memory/contract_trace.ts";
import { DramEngine, type TraceRequest } from "../../core/memory/engine.ts";
import type { AttentionProgram, PimLevel } from "../../core/memory/memory_model.ts";
import { readTrace, writeProgramText } from "../../core/memory/trace_text.ts";
import { PLAIN_PROGRAM } from "../../core/testing/plain_program.ts";
import { STANDARDS } from "../../wasm/dram/standards/mod.ts";
import { readPluginManifest } from "../../wasm/sdk/plugin_manifest.ts";
import type {
  Command,
  Cost,
  Program,
  ProgramField,
} from "../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { attentionPrograms, builtMemory, DirectEngine } from "./memory.ts";

/** A plain program at a level. */
export function plainProgram(pim: PimLevel): AttentionProgram {
  return { ...PLAIN_PROGRAM, pim };
}

/** Address bits of the stack. */
const ROW = 2 ** 10;
const BANK = 2 ** 24;
const BANK_GROUP = 2 ** 26;

const asked = (programs: readonly AttentionProgram[]) =>
  programs.map((program) => contractProgram(program, tokensOfBlock(program.pim)));

/** Sums of energies may differ in the last bits by the order of their terms. */
function rounded({ energy, ...cost }: Cost) {
  return {
    ...cost,
    energy: energy.map(({ kind, picojoules }) => [kind, Number(picojoules.toPrecision(12))]),
  };
}

/** Holds a plugin to the engine: cycles, every counter and every energy. */
export async function testAgainstEngine(name: string, pim: PimLevel): Promise<void> {
  const memory = await builtMemory(name, { metering: false });
  const engine = await DirectEngine.open(name);
  const batches = fc.array(attentionPrograms(pim), { minLength: 1, maxLength: 24 });
  await fc.assert(
    fc.asyncProperty(batches, async (programs) => {
      const costs = unwrap(await memory.simulate(asked(programs)));
      programs.forEach((program, i) =>
        deepEqual(rounded(costs[i]!), rounded(engine.costOf(program)), JSON.stringify(program))
      );
    }),
    { numRuns: 10 },
  );
}

/** Metered and unmetered, in a fresh instance and in one that has run other programs. */
export async function testEveryWayOfRunning(name: string, pim: PimLevel): Promise<void> {
  const programs = fc.sample(attentionPrograms(pim), { numRuns: 60, seed: 20260101 });
  const metered = unwrap(await (await builtMemory(name)).simulate(asked(programs)));
  using kept = new DisposableStack();
  const plugin = kept.adopt(
    await builtMemory(name, { metering: false }, { keepsInstance: true }),
    (one) => one.close(),
  );
  deepEqual(unwrap(await plugin.simulate(asked(programs))), metered);
  const backwards = unwrap(await plugin.simulate(asked(programs.toReversed())));
  deepEqual(backwards.toReversed(), metered);
}

/** The commands of a program, sent as a trace, cost what the program does. */
export async function testTraces(name: string, pim: PimLevel): Promise<void> {
  const memory = await builtMemory(name, { metering: false });
  const { device } = readPluginManifest(new URL(`../${name}/`, import.meta.url));
  const { standard, organisation, channels, timings } = device!;
  for (
    const changes of [{}, { heads: 20 }, { power: "unlimited" }, { keptTokens: 700 }] as const
  ) {
    const program = { ...plainProgram(pim), contextTokens: 1000, keptTokens: 1000, ...changes };
    const timing = timings[program.power]!;
    const engine = await DramEngine.open({ organisation, timing, channels }, STANDARDS[standard]!);
    const requests = await traceOf(program, Object.keys(engine.run([]).counts));
    const { power } = program;
    const cost = unwrap(await memory.runTrace(pim, power, 1, requests.map(contractCommand)));
    const { cycles, counts } = engine.run(requests);
    equal(cost.cycles, cycles);
    const macs = counts.PIM_MAC_AB! + counts.PIM_MAC_SB! + counts.PIM_MAC_PB!;
    equal(cost.counts.mac, macs);
    deepEqual([cost], unwrap(await memory.simulate(asked([program]))));
  }
}

async function traceOf(
  program: AttentionProgram,
  words: readonly string[],
): Promise<TraceRequest[]> {
  let text = "";
  const decoder = new TextDecoder();
  await writeProgramText(program, (piece) => text += decoder.decode(piece));
  return [...readTrace(text.trimEnd().split("\n"), words, "the program")];
}

/** What a memory cannot serve it names; nothing makes it trap. */
export async function testHostileInput(name: string, pim: PimLevel): Promise<void> {
  const memory = await builtMemory(name);
  const [plain] = asked([plainProgram(pim)]) as [Program];
  const blocks = (offsets: number[], list: number[]): Partial<Program> => ({
    heads: 2,
    blocks: { offsets: Uint32Array.from(offsets), blocks: Uint32Array.from(list) },
  });
  const other = pim === "bank" ? "buffer" : "bank";
  const hostile: [ProgramField, Partial<Program>][] = [
    ["level", { level: other }],
    ["heads", { heads: 0 }],
    ["heads", { heads: 2 ** 32 - 1 }],
    ["head-dim", { headDim: 0 }],
    ["head-dim", { headDim: 2 ** 31 }],
    ["element-bytes", { elementBytes: 0 }],
    ["element-bytes", { elementBytes: 3 }],
    ["context-tokens", { contextTokens: 0 }],
    ["context-tokens", { contextTokens: 2 ** 32 - 1 }],
    ["kept-tokens", { keptTokens: 0 }],
    ["kept-tokens", { keptTokens: 2 ** 32 - 1 }],
    ["partition-tokens", { partitionTokens: 0 }],
    ["queries", { queries: 0 }],
    ["queries", { queries: 17 }],
    ["clustering", { clustering: { tag: "whole-context", value: { rowTokens: 0 } } }],
    ["clustering", {
      clustering: {
        tag: "windows",
        value: { windows: 1, tokens: 64, clusters: 4, iterations: 16 },
      },
    }],
    ["metadata-reads", { metadataReads: [{ bytes: 4096, pieces: 1 }] }],
    ["blocks", blocks([0, 1], [0])],
    ["blocks", blocks([0, 1, 3], [0, 1])],
    ["blocks", blocks([1, 1, 2], [0, 1])],
    ["blocks", blocks([0, 2, 1], [0, 1])],
    ["blocks", blocks([0, 2 ** 32 - 1, 2], [0, 1])],
    ["blocks", blocks([0, 2, 3], [5, 5, 0])],
    ["blocks", blocks([0, 2, 3], [5, 4, 0])],
    ["blocks", blocks([0, 1, 2], [0, 2 ** 32 - 1])],
    ["blocks", blocks([0, 0, 0], [])],
    ["blocks", blocks([0, 0, 0, 0], [])],
  ];
  for (const [field, changes] of hostile) {
    const outcome = await memory.simulate([plain, { ...plain, ...changes }]);
    const expected = { tag: "unsupported", value: { program: 1, field } };
    deepEqual(outcome.kind === "declined" ? outcome.error : outcome, expected, inspect(changes));
  }
  await testHostileTraces(memory, pim);
}

const inspect = (value: unknown) => Deno.inspect(value, { depth: 4 });

async function testHostileTraces(memory: MemoryPlugin, pim: PimLevel): Promise<void> {
  const fine: Command = { kind: "mac-all-bank", address: 0 };
  const { capacityBytes } = unwrap(await memory.describe());
  const run = async (commands: readonly Command[], queries = 1) => {
    const outcome = await memory.runTrace(pim, "limited", queries, commands);
    return outcome.kind === "declined" ? outcome.error : outcome.kind;
  };
  for (const address of [capacityBytes, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    deepEqual(await run([fine, { ...fine, address }]), { tag: "bad-command", value: 1 });
  }
  equal(await run([{ ...fine, address: capacityBytes - 1 }]), "ok");
  equal(await run([]), "ok");
  for (const queries of [0, 17, 2 ** 32 - 1]) {
    const expected = { tag: "unsupported", value: { program: 0, field: "queries" } };
    deepEqual(await run([fine], queries), expected);
  }
  // A same-bank precharge closes the bank it names and its twin, never the first one of the group.
  const livelock = [{ ...fine, address: ROW }, {
    kind: "mac-same-bank",
    address: BANK_GROUP,
  }] as const;
  const deadlock = [{ kind: "load", address: 0 }, { kind: "load", address: ROW }, {
    ...fine,
    address: BANK,
  }] as const;
  deepEqual(await run(livelock), { tag: "never-served" });
  deepEqual(await run(deadlock), { tag: "never-served" });
  const other = pim === "bank" ? "buffer" : "bank";
  const outcome = await memory.runTrace(other, "limited", 1, [fine]);
  ok(outcome.kind === "declined" && outcome.error.tag === "unsupported");
}

/** A program's changes to the plain one, and [cycles, mac, softmax, mvgb, mvsb, wrgb]. */
export type MemoryFact = readonly [
  changes: Partial<AttentionProgram>,
  counts: readonly [number, number, number, number, number, number],
];

/** Programs of which every counter is known. */
export async function testFacts(
  name: string,
  pim: PimLevel,
  facts: readonly MemoryFact[],
): Promise<void> {
  const memory = await builtMemory(name);
  for (const [changes, expected] of facts) {
    const program = { ...plainProgram(pim), ...changes };
    const keptTokens = changes.keptTokens ?? program.contextTokens;
    const [cost] = unwrap(await memory.simulate(asked([{ ...program, keptTokens }])));
    const { cycles, counts } = cost!;
    const { mac, softmax, moveGemvBuffer, moveSoftmaxBuffer, writeGemvBuffer } = counts;
    deepEqual(
      [cycles, mac, softmax, moveGemvBuffer, moveSoftmaxBuffer, writeGemvBuffer],
      expected,
      inspect(changes),
    );
  }
}
