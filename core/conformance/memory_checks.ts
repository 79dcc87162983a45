/**
 * What every memory model must do, whatever it is made of.
 *
 * @module
 */
import { describeOutcome, unwrap } from "../host/mod.ts";
import type {
  Cost,
  PimLevel,
  PowerBudget,
  Program,
} from "../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { isPluginName, NAME_WORDS, shownName } from "../../wasm/sdk/plugin_name.ts";
import { type Check, ConformanceError, expect } from "./check.ts";
import { EXTRA_WORK } from "./extra_work.ts";
import { ENORMOUS_PROGRAMS, impossiblePrograms } from "./hostile_programs.ts";
import {
  declines,
  expectDeclined,
  expectDeclinedFor,
  expectSame,
  type TestedMemory,
} from "./memory_expectations.ts";
import { blockLists, declaredPrograms, everyBlock, plainProgram } from "./memory_programs.ts";
import { declinesBadCommands, runsTraces } from "./trace_checks.ts";

/** All checks, in the order in which they run. */
export const MEMORY_CHECKS: readonly Check<TestedMemory>[] = [
  { name: "describes itself by a name, a version and what it is made of", run: describes },
  { name: "serves every level and power budget it declares, and no other", run: servesDeclared },
  { name: "counts what it does, in cycles as long as described", run: counts },
  { name: "answers a program the same, alone or among others in any order", run: repeats },
  { name: "serves one head, one token, and more heads than channels", run: servesSmallAndMany },
  { name: "reads the first blocks, listed, as it reads the first tokens", run: readsLists },
  { name: "charges for, or declines by name, what it need not know", run: servesExtras },
  { name: "declines programs that cannot be, by index and field", run: declinesImpossible },
  { name: "bears enormous programs", run: bearsEnormous },
  { name: "runs traces of the commands it knows", run: runsTraces },
  { name: "names a trace's bad command by its index", run: declinesBadCommands },
  { name: "takes no fewer cycles for more tokens", run: risesWithTokens },
];

const LEVELS: readonly PimLevel[] = ["bank", "bankgroup", "buffer"];
const POWER_BUDGETS: readonly PowerBudget[] = ["limited", "unlimited"];

/** How much more an enormous program costs at least than the plain one: far less than it is larger. */
const ENORMOUS_FACTOR = 1000;

function describes({ description }: TestedMemory): Promise<void> {
  const { name, version, summary, powerBudgets, capacityBytes } = description;
  expect(isPluginName(name), NAME_WORDS, shownName(name));
  expect(
    /^\d+\.\d+\.\d+/.test(version),
    "a semantic version such as 0.1.0",
    JSON.stringify(version),
  );
  expect(summary !== "", "a sentence that says what it is", "none");
  const distinct = new Set(powerBudgets).size === powerBudgets.length;
  expect(distinct, "each power budget at most once", powerBudgets.join(", "));
  expect(capacityBytes > 0, "a capacity", `${capacityBytes} bytes`);
  return Promise.resolve();
}

async function servesDeclared({ memory, description }: TestedMemory) {
  const programs = declaredPrograms(description);
  unwrap(await memory.simulate(programs));
  const [plain] = programs as [Program];
  const levels = description.levels.map(({ level }) => level);
  for (const level of LEVELS.filter((one) => !levels.includes(one))) {
    await expectDeclined(memory, plain, { field: "level", changes: { level }, what: level });
  }
  const powers = description.powerBudgets;
  for (const power of POWER_BUDGETS.filter((one) => !powers.includes(one))) {
    await expectDeclined(memory, plain, { field: "power", changes: { power }, what: power });
  }
}

async function counts({ memory, description }: TestedMemory) {
  const programs = declaredPrograms(description);
  const costs = unwrap(await memory.simulate(programs));
  for (const { cycles, cycleNs, counts } of costs) {
    expect(cycleNs === description.cycleNs, `cycles of ${description.cycleNs} ns`, `${cycleNs} ns`);
    expect(cycles > 0, "cycles for reading 256 tokens", `${cycles}`);
    expect(counts.mac > 0, "MACs for reading 256 tokens", `${counts.mac}`);
    for (const [counter, count] of Object.entries({ cycles, ...counts })) {
      const exact = count === null || Number.isSafeInteger(count);
      expect(exact, "counts below 2^53", `${count} for ${counter}`);
    }
  }
}

/** Each call has a fresh instance; the programs of a call share one. */
async function repeats({ memory, description }: TestedMemory) {
  const [plain] = declaredPrograms(description) as [Program];
  const programs = [
    plain,
    { ...plain, heads: 1, keptTokens: 1 },
    { ...plain, heads: 3 * description.channels + 1 },
    { ...plain, contextTokens: 300, keptTokens: 300 },
  ];
  const together = unwrap(await memory.simulate(programs));
  const backwards = unwrap(await memory.simulate(programs.toReversed()));
  expectSame(backwards.toReversed(), together, "in the other order");
  const twice = unwrap(await memory.simulate([...programs, ...programs]));
  expectSame(twice.slice(programs.length), together, "asked again in the same call");
  const alone: Cost[] = [];
  for (const program of programs) alone.push(...unwrap(await memory.simulate([program])));
  expectSame(alone, together, "each in a call of its own");
  expectSame(unwrap(await memory.simulate([])), [], "for no programs");
}

async function servesSmallAndMany({ memory, description }: TestedMemory) {
  const { channels } = description;
  for (const plain of declaredPrograms(description)) {
    const changes: Partial<Program>[] = [
      { heads: 1 },
      { heads: 1, contextTokens: 1, keptTokens: 1 },
      { heads: channels },
      { heads: channels + 1 },
      { heads: 2 * channels + 3 },
      { contextTokens: 1000, keptTokens: 999 },
      // Budgets are rounded up to rows of 16 tokens.
      { contextTokens: 100, keptTokens: 112 },
    ];
    const programs = changes.map((change) => ({ ...plain, ...change }));
    const costs = unwrap(await memory.simulate(programs));
    costs.forEach(({ cycles }, i) =>
      expect(cycles > 0, `cycles for ${inWords(changes[i]!)}`, `${cycles}`)
    );
  }
}

async function readsLists({ memory, description }: TestedMemory): Promise<string | undefined> {
  for (const { level, blockTokens } of description.levels) {
    const plain = plainProgram(level, description.powerBudgets[0]!);
    for (const [count, heads] of [[1, 8], [5, 8], [5, description.channels + 2]] as const) {
      const keptTokens = count * blockTokens;
      const first = { ...plain, heads, contextTokens: keptTokens, keptTokens };
      const listed = { ...first, blocks: everyBlock(heads, count, 1) };
      if (await declines(memory, listed, "blocks")) return "lists of blocks are declined";
      const [cost] = unwrap(await memory.simulate([first]));
      const found = unwrap(await memory.simulate([listed]));
      expectSame(found, [cost!], `with a list of its first ${count} blocks`);
    }
    const contextTokens = 64 * blockTokens;
    const uneven = blockLists([[0, 63], [], [5, 6, 7, 40], [62]]);
    const some = { ...plain, heads: 4, contextTokens, keptTokens: contextTokens };
    unwrap(await memory.simulate([{ ...some, blocks: uneven }]));
  }
  return undefined;
}

async function servesExtras({ memory, description }: TestedMemory) {
  const declined = new Set<string>();
  for (const { level } of description.levels) {
    const plain = plainProgram(level, description.powerBudgets[0]!);
    const [usual] = unwrap(await memory.simulate([plain])) as [Cost];
    for (const { field, changes, what, addsWork } of EXTRA_WORK) {
      const program = { ...plain, ...changes };
      if (await declines(memory, program, field)) {
        declined.add(what);
        continue;
      }
      const [cost] = unwrap(await memory.simulate([program])) as [Cost];
      const least = addsWork ? usual.cycles : 1;
      expect(cost.cycles >= least, `at least ${least} cycles with ${what}`, `${cost.cycles}`);
    }
  }
  return declined.size === 0 ? undefined : `declined: ${[...declined].join(", ")}`;
}

async function declinesImpossible({ memory, description }: TestedMemory) {
  for (const { level, blockTokens } of description.levels) {
    const plain = plainProgram(level, description.powerBudgets[0]!);
    for (const hostile of impossiblePrograms(blockTokens)) {
      await expectDeclined(memory, plain, hostile);
    }
  }
}

/** An answer that is not far above the usual one has lost digits on the way. */
async function bearsEnormous({ memory, description }: TestedMemory) {
  const [plain] = declaredPrograms(description) as [Program];
  const [usual] = unwrap(await memory.simulate([plain])) as [Cost];
  for (const { field, changes, what } of ENORMOUS_PROGRAMS) {
    const outcome = await memory.simulate([plain, { ...plain, ...changes }]);
    if (outcome.kind === "ok") {
      const { cycles } = outcome.value[1]!;
      const least = ENORMOUS_FACTOR * usual.cycles;
      expect(cycles >= least, `at least ${least} cycles for ${what}`, `${cycles}`);
    } else if (outcome.kind !== "declined") {
      throw new ConformanceError(
        `expected ${what} to be declined or answered but found: ${describeOutcome(outcome)}`,
      );
    } else if (field === "context-tokens") {
      // Such a program is as large in two other fields.
      expectDeclinedFor(outcome, ["context-tokens", "kept-tokens", "partition-tokens"], what);
    } else {
      expectDeclinedFor(outcome, [field], what);
    }
  }
}

/** A cycle-accurate memory may well gain a cycle here and there, so this is only noted. */
async function risesWithTokens({ memory, description }: TestedMemory) {
  const falls: string[] = [];
  for (const plain of declaredPrograms(description)) {
    const kept = [1, 2, 8, 15, 16, 17, 32, 33, 64, 100, 128, 255, 256, 257, 512, 768, 1000, 1024];
    const programs = kept.map((keptTokens) => ({ ...plain, keptTokens }));
    const cycles = unwrap(await memory.simulate(programs)).map((cost) => cost.cycles);
    const at = cycles.findIndex((count, i) => count < (cycles[i - 1] ?? 0));
    if (at < 0) continue;
    falls.push(
      `${plain.level}, ${plain.power}: ${cycles[at - 1]} cycles for ${kept[at - 1]} tokens, ` +
        `${cycles[at]} for ${kept[at]}`,
    );
  }
  return falls.length === 0 ? undefined : `they fall (${falls.join("; ")})`;
}

function inWords(changes: Partial<Program>): string {
  return Object.entries(changes).map(([key, value]) => `${key} ${value}`).join(", ");
}
