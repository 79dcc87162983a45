import { deepEqual, equal, match } from "node:assert/strict";
import type { Cost, Description, Program } from "../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { memory as template } from "../../wasm/sdk/templates/memory/ts/my_memory.ts";
import type { MemoryOutcome } from "../host/mod.ts";
import { MEMORY_CHECKS } from "./memory_checks.ts";
import type { AskedMemory, TestedMemory } from "./memory_expectations.ts";
import { runChecks } from "./run_checks.ts";

const described = template.describe();
const DESCRIPTION = {
  ...described,
  capacityBytes: Number(described.capacityBytes),
} as Description;

/** The template in TypeScript without a component around it. */
const MEMORY: AskedMemory = {
  simulate: (programs) => answer(() => template.simulate(programs).map(costOf)),
  runTrace: (level, power, queries, commands) =>
    answer(() =>
      costOf(
        template.runTrace(
          level,
          power,
          queries,
          commands.map(({ kind, address }) => ({ kind, address: BigInt(address) })),
        ),
      )
    ),
};

function costOf({ cycles, counts, ...cost }: ReturnType<typeof template.runTrace>): Cost {
  const { refreshes: _, ...counted } = counts;
  const numbers = Object.entries(counted).map(([name, count]) => [name, Number(count)]);
  return {
    ...cost as Pick<Cost, "cycleNs" | "energy">,
    cycles: Number(cycles),
    counts: { ...Object.fromEntries(numbers), refreshes: null },
  };
}

function answer<T>(call: () => T): Promise<MemoryOutcome<T>> {
  const usage = { fuel: 0, memoryBytes: 0 };
  try {
    return Promise.resolve({ kind: "ok", value: call(), usage });
  } catch (thrown) {
    const { tag, val } = thrown as { tag: "bad-command"; val: number };
    return Promise.resolve({ kind: "declined", error: { tag, value: val }, usage });
  }
}

async function failuresOf(tested: TestedMemory): Promise<string[]> {
  const results = await Array.fromAsync(runChecks(tested, MEMORY_CHECKS));
  equal(results.length, MEMORY_CHECKS.length);
  return results.flatMap(({ name, failure }) => failure === undefined ? [] : `${name}: ${failure}`);
}

/** The template, but for what becomes of its costs. */
function changing(change: (cost: Cost, program: Program, index: number) => Cost): TestedMemory {
  const simulate: AskedMemory["simulate"] = async (programs) => {
    const outcome = await MEMORY.simulate(programs);
    if (outcome.kind !== "ok") return outcome;
    const value = outcome.value.map((cost, i) => change(cost, programs[i]!, i));
    return { ...outcome, value };
  };
  return { memory: { ...MEMORY, simulate }, description: DESCRIPTION };
}

/** The template, which is asked for other programs than it is given. */
function misreading(change: (program: Program) => Program): TestedMemory {
  const simulate: AskedMemory["simulate"] = (programs) => MEMORY.simulate(programs.map(change));
  return { memory: { ...MEMORY, simulate }, description: DESCRIPTION };
}

const more = (cost: Cost, cycles: number): Cost => ({ ...cost, cycles: cost.cycles + cycles });

Deno.test("the template in TypeScript passes, and what it declines is noted", async () => {
  const tested = { memory: MEMORY, description: DESCRIPTION };
  deepEqual(await failuresOf(tested), []);
  const results = await Array.fromAsync(runChecks(tested, MEMORY_CHECKS));
  deepEqual(results.flatMap(({ note }) => note ?? []), [
    "declined: clustering of the whole context, clustering of windows, metadata reads",
    "unknown commands: mac-same-bank, mac-per-bank",
  ]);
});

const MISDEEDS: readonly (readonly [string, TestedMemory, ...RegExp[]])[] = [
  [
    "has no sensible name",
    { memory: MEMORY, description: { ...DESCRIPTION, name: "My Memory" } },
    /^describes itself .*expected a kebab-case name of at most 64 characters but found "My Memory"$/,
  ],
  [
    "serves a level it does not declare",
    misreading((program) => ({ ...program, level: "bank" })),
    /^serves every level .*program 1 \(bankgroup\) to be unsupported for its level but found an ans/,
  ],
  [
    "declares a power budget it does not serve",
    {
      memory: {
        ...MEMORY,
        simulate: (programs) => {
          const program = programs.findIndex(({ power }) => power === "unlimited");
          if (program < 0) return MEMORY.simulate(programs);
          const error = { tag: "unsupported", value: { program, field: "power" } } as const;
          const usage = { fuel: 0, memoryBytes: 0 };
          return Promise.resolve({ kind: "declined", error, usage });
        },
      },
      description: DESCRIPTION,
    },
    /^serves every level .*declined: .*"power"/,
    /^counts what it does/,
    /^serves one head/,
    /^takes no fewer cycles/,
  ],
  [
    "has cycles of two lengths",
    changing((cost) => ({ ...cost, cycleNs: 1 })),
    /^counts what it does.*expected cycles of 0\.75 ns but found 1 ns$/,
  ],
  [
    "lets the order decide",
    changing((cost, _, index) => more(cost, index)),
    /^answers a program the same.*expected the same cost in the other order but found \{/,
  ],
  [
    "takes longer for lists",
    changing((cost, { blocks }) => more(cost, blocks.offsets.length > 0 ? 1 : 0)),
    /^reads the first blocks, listed.*expected the same cost with a list of its first 1 blocks/,
  ],
  [
    "gives metadata reads away",
    {
      ...misreading(({ metadataReads, ...program }) => ({
        ...program,
        keptTokens: metadataReads.length > 0 ? 1 : program.keptTokens,
        metadataReads: [],
      })),
    },
    /^charges for.*expected at least \d+ cycles with metadata reads but found \d+$/,
    /^bears enormous programs.*expected at least \d+ cycles for the largest metadata read/,
  ],
  [
    "takes no tokens for one",
    misreading((program) => ({ ...program, keptTokens: program.keptTokens || 1 })),
    /^declines programs that cannot be.*\(0 for kept-tokens\) to be unsupported for its kept-tokens/,
  ],
  [
    "does not look at lists",
    misreading((program) => ({
      ...program,
      blocks: { offsets: new Uint32Array(0), blocks: new Uint32Array(0) },
    })),
    /^declines programs that cannot be.*\(a list beyond the context\) to be unsupported/,
  ],
  [
    "counts heads in 8 bits",
    misreading((program) => ({ ...program, heads: program.heads & 0xff })),
    /^bears enormous programs: expected at least \d+ cycles for 4294967295 heads but found \d+$/,
  ],
  [
    "takes addresses for smaller than they are",
    {
      memory: {
        ...MEMORY,
        runTrace: (level, power, queries, commands) =>
          MEMORY.runTrace(
            level,
            power,
            queries,
            commands.map(({ kind, address }) => ({ kind, address: address % 2 ** 34 })),
          ),
      },
      description: DESCRIPTION,
    },
    /^names a trace's bad command.*a load at 17179869184 of 17179869184 bytes.*but found a cost$/,
  ],
  [
    "names the wrong command",
    {
      memory: {
        ...MEMORY,
        runTrace: async (...asked) => {
          const outcome = await MEMORY.runTrace(...asked);
          return outcome.kind === "declined" && outcome.error.tag === "bad-command"
            ? { ...outcome, error: { tag: "bad-command", value: 0 } }
            : outcome;
        },
      },
      description: DESCRIPTION,
    },
    /^names a trace's bad command.*to be answered with \{"tag":"bad-command","value":1\}/,
  ],
];

for (const [what, tested, ...expected] of MISDEEDS) {
  Deno.test(`a memory that ${what} fails where it shows and nowhere else`, async () => {
    const failures = await failuresOf(tested);
    equal(failures.length, expected.length, failures.join("\n"));
    failures.forEach((failure, i) => match(failure, expected[i]!));
  });
}

Deno.test("a memory that traps says so in the check it fails", async () => {
  const simulate: AskedMemory["simulate"] = (programs) =>
    programs.some(({ heads }) => heads > 2 ** 20)
      ? Promise.resolve({ kind: "trapped", reason: "memory-access", stack: ["simulate"] })
      : MEMORY.simulate(programs);
  const [failure, ...others] = await failuresOf({
    memory: { ...MEMORY, simulate },
    description: DESCRIPTION,
  });
  match(
    failure!,
    /4294967295 heads to be declined or answered but found: trapped \(memory-access\)/,
  );
  deepEqual(others, []);
});

Deno.test("cycles that fall with more tokens are noted, not forbidden", async () => {
  const tested = changing((cost, { keptTokens }) => more(cost, keptTokens === 128 ? -400 : 0));
  const results = await Array.fromAsync(runChecks(tested, MEMORY_CHECKS));
  const last = results.at(-1)!;
  equal(last.failure, undefined);
  match(
    last.note!,
    /^they fall \(bank, limited: \d+ cycles for 100 tokens, \d+ for 128; bank, unl/,
  );
});
