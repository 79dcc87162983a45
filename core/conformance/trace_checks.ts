/**
 * What a memory model must do with command traces.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { describeOutcome, type MemoryOutcome, unwrap } from "../host/mod.ts";
import type {
  Command,
  CommandKind,
  Cost,
  MemoryError,
} from "../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { expect } from "./check.ts";
import type { TestedMemory } from "./memory_expectations.ts";

const KINDS: readonly CommandKind[] = [
  ...["load", "store", "mac-all-bank", "mac-same-bank", "mac-per-bank"] as const,
  ...["write-gemv-buffer", "move-softmax-buffer", "move-gemv-buffer"] as const,
  ...["softmax", "set-model", "set-head", "barrier"] as const,
];
/** Kinds that go to cells. */
const ADDRESSED: readonly CommandKind[] = KINDS.slice(0, 5);

/** Each kind alone: it is served, or unknown. */
export async function runsTraces(tested: TestedMemory): Promise<string | void> {
  const { description } = tested;
  const empty = unwrap(await trace(tested, []));
  expect(
    empty.cycleNs === description.cycleNs,
    `cycles of ${description.cycleNs} ns`,
    `${empty.cycleNs} ns`,
  );
  const known = await knownKinds(tested);
  if (known.length === 0) return "every command is declined";
  const commands = known.map((kind) => ({ kind, address: 0 }));
  const [once, again] = [await trace(tested, commands), await trace(tested, commands)];
  // Commands of all kinds in a row may wait for each other for ever, which a memory says.
  if (once.kind === "declined") {
    expectError(once, { tag: "never-served" }, "a trace of every command it knows");
  } else unwrap(once);
  const same = isDeepStrictEqual(withoutUsage(again), withoutUsage(once));
  expect(same, "the same answer to the same trace", "another");
  const unknown = KINDS.filter((kind) => !known.includes(kind));
  return unknown.length === 0 ? undefined : `unknown commands: ${unknown.join(", ")}`;
}

/** An address outside the stack, the stack's end, and queries that there are none of. */
export async function declinesBadCommands(tested: TestedMemory): Promise<void> {
  const { capacityBytes, levels } = tested.description;
  const known = await knownKinds(tested);
  for (const kind of known.filter((one) => ADDRESSED.includes(one))) {
    const fine: Command = { kind, address: 0 };
    for (const address of [capacityBytes, Number.MAX_SAFE_INTEGER]) {
      const outcome = await trace(tested, [fine, { kind, address }]);
      const what = `a ${kind} at ${address} of ${capacityBytes} bytes, behind one at 0,`;
      expectError(outcome, { tag: "bad-command", value: 1 }, what);
    }
    unwrap(await trace(tested, [{ kind, address: capacityBytes - 1 }]));
  }
  for (const kind of KINDS.filter((one) => !known.includes(one))) {
    const [first] = known;
    const before = first === undefined ? [] : [{ kind: first, address: 0 }];
    const outcome = await trace(tested, [...before, { kind, address: 0 }]);
    expectError(outcome, { tag: "bad-command", value: before.length }, `an unknown ${kind}`);
  }
  const unsupported = { tag: "unsupported", value: { program: 0, field: "queries" } } as const;
  expectError(await trace(tested, [], 0), unsupported, "a trace for 0 queries");
  const other = (["bank", "bankgroup", "buffer"] as const)
    .find((level) => levels.every((declared) => declared.level !== level));
  if (other === undefined) return;
  const { memory, description } = tested;
  const outcome = await memory.runTrace(other, description.powerBudgets[0]!, 1, []);
  const field = { tag: "unsupported", value: { program: 0, field: "level" } } as const;
  expectError(outcome, field, `a trace at the ${other}`);
}

function trace(
  { memory, description: { levels, powerBudgets } }: TestedMemory,
  commands: readonly Command[],
  queries = 1,
): Promise<MemoryOutcome<Cost>> {
  return memory.runTrace(levels[0]!.level, powerBudgets[0]!, queries, commands);
}

async function knownKinds(tested: TestedMemory): Promise<CommandKind[]> {
  const known: CommandKind[] = [];
  for (const kind of KINDS) {
    const outcome = await trace(tested, [{ kind, address: 0 }]);
    if (outcome.kind !== "declined") {
      unwrap(outcome);
      known.push(kind);
    } else {
      expectError(outcome, { tag: "bad-command", value: 0 }, `a trace of one ${kind}`);
    }
  }
  return known;
}

function expectError(outcome: MemoryOutcome<unknown>, error: MemoryError, what: string) {
  expect(
    outcome.kind === "declined" && isDeepStrictEqual(outcome.error, error),
    `${what} to be answered with ${JSON.stringify(error)}`,
    outcome.kind === "ok" ? "a cost" : describeOutcome(outcome),
  );
}

function withoutUsage(outcome: MemoryOutcome<Cost>) {
  return outcome.kind === "ok" ? outcome.value : outcome.kind === "declined" && outcome.error;
}
