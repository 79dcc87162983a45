/**
 * What memory models are held to, in the words of their contract.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { describeOutcome, type MemoryOutcome, type MemoryPlugin, unwrap } from "../host/mod.ts";
import type {
  Cost,
  Description,
  Program,
  ProgramField,
} from "../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { ConformanceError, expect } from "./check.ts";
import type { ChangedProgram } from "./memory_programs.ts";

/** A memory model as far as it is asked. */
export type AskedMemory = Pick<MemoryPlugin, "simulate" | "runTrace">;

/** What a memory model is tested with. */
export interface TestedMemory {
  readonly memory: AskedMemory;
  /** What it says of itself. */
  readonly description: Description;
}

/** Whether a program is declined, for the sake of a field and nothing else. */
export async function declines(
  memory: AskedMemory,
  program: Program,
  field: ProgramField,
): Promise<boolean> {
  const outcome = await memory.simulate([program]);
  if (outcome.kind === "declined") expectUnsupported(outcome, 0, field, `a program with ${field}`);
  else unwrap(outcome);
  return outcome.kind === "declined";
}

/** A program that must be declined, behind one that is fine. */
export async function expectDeclined(
  memory: AskedMemory,
  plain: Program,
  { field, changes, what }: ChangedProgram,
) {
  const outcome = await memory.simulate([plain, { ...plain, ...changes }]);
  expectUnsupported(outcome, 1, field, what);
}

/** Declined for one of several fields. */
export function expectDeclinedFor(
  outcome: MemoryOutcome<unknown>,
  fields: readonly ProgramField[],
  what: string,
) {
  const error = outcome.kind === "declined" ? outcome.error : undefined;
  const found = error?.tag === "unsupported" ? error.value.field : undefined;
  const field = fields.find((one) => one === found) ?? fields[0]!;
  expectUnsupported(outcome, 1, field, what);
}

/** The program of an index declined for a field. */
function expectUnsupported(
  outcome: MemoryOutcome<unknown>,
  program: number,
  field: ProgramField,
  what: string,
) {
  const expected = { tag: "unsupported", value: { program, field } };
  const isExpected = outcome.kind === "declined" && isDeepStrictEqual(outcome.error, expected);
  expect(
    isExpected,
    `program ${program} (${what}) to be unsupported for its ${field}`,
    outcome.kind === "ok" ? "an answer" : describeOutcome(outcome),
  );
}

/** The same costs, to the last bit. */
export function expectSame(found: readonly Cost[], expected: readonly Cost[], how: string) {
  const differs = expected.findIndex((cost, i) => !isDeepStrictEqual(found[i], cost));
  if (differs < 0 && found.length === expected.length) return;
  const [one, other] = [found[differs], expected[differs]].map((cost) => JSON.stringify(cost));
  throw new ConformanceError(
    `expected the same cost ${how} but found ${one} rather than ${other}`,
  );
}
