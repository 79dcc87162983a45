import type { Program } from "../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { tokensOfBlock } from "./canonical_program.ts";
import type { AttentionProgram } from "./memory_model.ts";

/**
 * A program as the memory contract says it.
 *
 * @param blockTokens tokens of a block of the memory at the program's level; where these are not
 * {@linkcode tokensOfBlock}'s, a head reads the memory's blocks that hold any of its tokens
 *
 * @example
 * ```ts
 * import { contractProgram } from "./contract_program.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const { blocks } = contractProgram({
 *   pim: "bank",
 *   power: "limited",
 *   heads: 2,
 *   headDim: 128,
 *   elementBytes: 2,
 *   contextTokens: 4096,
 *   keptTokens: 1,
 *   headBlocks: [Uint32Array.of(3, 7), Uint32Array.of(255)],
 *   partitionTokens: 409600,
 *   clustering: false,
 *   rowTokens: 16,
 *   oddTail: "once",
 * }, 16);
 * deepEqual(blocks, { offsets: Uint32Array.of(0, 2, 3), blocks: Uint32Array.of(3, 7, 255) });
 * ```
 */
export function contractProgram(program: AttentionProgram, blockTokens: number): Program {
  const { pim, secondContext = "first", rowTokens } = program;
  return {
    level: pim,
    power: program.power,
    heads: program.heads,
    headDim: program.headDim,
    elementBytes: program.elementBytes,
    contextTokens: program.contextTokens,
    keptTokens: program.keptTokens,
    partitionTokens: program.partitionTokens,
    blocks: blockLists(program, blockTokens),
    clustering: program.clustering
      ? { tag: "whole-context", value: { rowTokens } }
      : { tag: "none" },
    oddTail: program.oddTail,
    secondContext: secondContext === "first" ? "of-first" : "of-second",
    partnerTraffic: program.partnerTraffic ?? "truncated",
    queries: program.queries ?? 1,
    passes: program.passes ?? "attention",
    metadataReads: [],
  };
}

function blockLists(program: AttentionProgram, blockTokens: number): Program["blocks"] {
  if (program.headBlocks === undefined) {
    return { offsets: new Uint32Array(0), blocks: new Uint32Array(0) };
  }
  const from = tokensOfBlock(program.pim);
  const lists = from === blockTokens
    ? program.headBlocks
    : program.headBlocks.map((blocks) => inBlocksOf(blocks, from, blockTokens, program));
  const offsets = new Uint32Array(lists.length + 1);
  lists.forEach(({ length }, head) => offsets[head + 1] = offsets[head]! + length);
  const blocks = new Uint32Array(offsets.at(-1)!);
  lists.forEach((list, head) => blocks.set(list, offsets[head]));
  return { offsets, blocks };
}

/** The blocks of `to` tokens that hold any token of ascending blocks of `from` tokens. */
function inBlocksOf(
  blocks: Uint32Array,
  from: number,
  to: number,
  { contextTokens }: AttentionProgram,
): Uint32Array {
  const found: number[] = [];
  for (const block of blocks) {
    const end = Math.min((block + 1) * from, contextTokens);
    const first = Math.max(Math.floor(block * from / to), (found.at(-1) ?? -1) + 1);
    for (let own = first; own * to < end; own++) found.push(own);
  }
  return Uint32Array.from(found);
}
