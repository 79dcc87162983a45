/**
 * Memory models that a run can name.
 *
 * @module
 */
import {
  builtInMemories,
  type BuiltInMemoryName,
  defaultMemory,
} from "../../memory/built_in_memories.ts";
import type { PimLevel } from "../../memory/memory_model.ts";
import { SpecError } from "../spec_error.ts";

/** What a run may write for the memory of AttAcc's stack that computes where the run says. */
const BY_LEVEL = "hbm3-pim";

/** The table. */
export const memories = builtInMemories;

/** Name of a memory model, as a resolved run has it. */
export type MemoryName = BuiltInMemoryName;

/** Names that a run may write; the first is the default. */
export const memoryNames = [BY_LEVEL, ...Object.keys(memories) as MemoryName[]] as const;

/**
 * The memory a run names, for GEMV units at a level.
 *
 * @throws {SpecError} when the memory computes at another level
 */
export function memoryAt(name: typeof memoryNames[number], level: PimLevel): MemoryName {
  if (name === BY_LEVEL) return defaultMemory(level);
  const { level: own } = memories[name];
  if (own === level) return name;
  throw new SpecError(
    "/memory",
    `Expected PIM at the ${own} with the memory ${name} but found it at the ${level}`,
  );
}
