/**
 * Memory models that a run can name.
 *
 * @module
 */
import * as v from "valibot";
import type { Description as MemoryDescription } from "../../../wasm/wit/memory/since-v0.1.0/memory.ts";
import {
  builtInMemories,
  type BuiltInMemoryName,
  defaultMemory,
} from "../../memory/built_in_memories.ts";
import type { PimLevel } from "../../memory/memory_model.ts";
import { expecting } from "../expectation.ts";
import { referenceOr } from "../experiment_schema.ts";
import { SpecError } from "../spec_error.ts";
import type { Inputs, Sources } from "./kind.ts";

/** What a run may write for the memory of AttAcc's stack that computes where the run says. */
const BY_LEVEL = "hbm3-pim";

/** The table. */
export const memories = builtInMemories;

/** Name of a memory model of this repository, as a resolved run has it. */
export type MemoryName = BuiltInMemoryName;

/** A memory as a resolved run has it: a name, or the digest of a component. */
export type MemoryReference = MemoryName | `sha256:${string}`;

const names = [BY_LEVEL, ...Object.keys(memories) as MemoryName[]] as const;

const WANTED = `one of ${names.join(", ")}, or the digest of an uploaded component`;

/** A memory as a caller writes it. */
export const memorySchema = v.pipe(
  v.union([v.picklist(names), referenceOr(WANTED)], expecting(WANTED)),
  v.description("memory model: a name, or sha256: and the digest of an uploaded component"),
);

/** Whether a memory is one that was uploaded. */
export function isUploaded(memory: MemoryReference): memory is `sha256:${string}` {
  return memory.startsWith("sha256:");
}

/** A memory, and its component where it is not of this repository. */
interface ResolvedMemory {
  readonly memory: MemoryReference;
  readonly inputs: Inputs;
}

/**
 * The memory a run names, for GEMV units at a level.
 *
 * @throws {SpecError} when there is none, or it computes at another level
 */
export async function memoryAt(
  given: string,
  level: PimLevel,
  sources: Sources,
): Promise<ResolvedMemory> {
  const memory = given as typeof BY_LEVEL | MemoryReference;
  if (memory === BY_LEVEL) return { memory: defaultMemory(level), inputs: new Map() };
  if (isUploaded(memory)) return await uploadedMemory(memory, level, sources);
  checkLevels(memory, [memories[memory].level], level);
  return { memory, inputs: new Map() };
}

async function uploadedMemory(
  memory: `sha256:${string}`,
  level: PimLevel,
  sources: Sources,
): Promise<ResolvedMemory> {
  const component = sources.content(memory);
  if (!component) {
    throw new SpecError("/memory", `Expected a component that this store has but found ${memory}`);
  }
  const found = await sources.describe(component);
  if ("refused" in found || found.kind !== "memory") {
    const what = "refused" in found ? `one that ${found.refused}` : `a ${found.kind}`;
    throw new SpecError("/memory", `Expected a memory model but found ${what}`);
  }
  const { name, levels } = found.description as unknown as MemoryDescription;
  checkLevels(name, levels.map(({ level }) => level), level);
  return { memory, inputs: new Map([[memory, component]]) };
}

function checkLevels(name: string, levels: readonly PimLevel[], level: PimLevel) {
  if (levels.includes(level)) return;
  throw new SpecError(
    "/memory",
    `Expected PIM at the ${
      levels.join(" or ")
    } with the memory ${name} but found it at the ${level}`,
  );
}
