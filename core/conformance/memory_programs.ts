/**
 * Programs that memory models are asked for.
 *
 * @module
 */
import type {
  BlockLists,
  Description,
  PimLevel,
  PowerBudget,
  Program,
  ProgramField,
} from "../../wasm/wit/memory/since-v0.1.0/memory.ts";

/** What makes a plain program another one. */
export interface ChangedProgram {
  /** The field that a memory names when it declines. */
  readonly field: ProgramField;
  readonly changes: Partial<Program>;
  /** In words, for a message. */
  readonly what: string;
}

/** No lists: each head reads its first tokens. */
const NO_LISTS: BlockLists = { offsets: new Uint32Array(0), blocks: new Uint32Array(0) };

/** A decode step of 8 heads that reads 256 of 1024 tokens, without anything special. */
export function plainProgram(level: PimLevel, power: PowerBudget): Program {
  return {
    level,
    power,
    heads: 8,
    headDim: 128,
    elementBytes: 2,
    contextTokens: 1024,
    keptTokens: 256,
    partitionTokens: 4096,
    blocks: NO_LISTS,
    clustering: { tag: "none" },
    oddTail: "once",
    secondContext: "of-first",
    partnerTraffic: "truncated",
    queries: 1,
    passes: "attention",
    metadataReads: [],
  };
}

/** A plain program of each level and power budget that a memory declares, the first ones first. */
export function declaredPrograms({ levels, powerBudgets }: Description): Program[] {
  return levels.flatMap(({ level }) => powerBudgets.map((power) => plainProgram(level, power)));
}

/**
 * One list a head.
 *
 * @example
 * ```ts
 * import { blockLists } from "./memory_programs.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(blockLists([[0, 2], [5]]), {
 *   offsets: Uint32Array.of(0, 2, 3),
 *   blocks: Uint32Array.of(0, 2, 5),
 * });
 * ```
 */
export function blockLists(lists: readonly (readonly number[])[]): BlockLists {
  const offsets = new Uint32Array(lists.length + 1);
  lists.forEach(({ length }, head) => offsets[head + 1] = offsets[head]! + length);
  return { offsets, blocks: Uint32Array.from(lists.flat()) };
}

/**
 * The same list for every head: `count` blocks, one every `stride`.
 *
 * @example
 * ```ts
 * import { everyBlock } from "./memory_programs.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(everyBlock(1, 3, 2).blocks, Uint32Array.of(0, 2, 4));
 * ```
 */
export function everyBlock(heads: number, count: number, stride: number): BlockLists {
  const list = Array.from({ length: count }, (_, i) => i * stride);
  return blockLists(Array.from({ length: heads }, () => list));
}
