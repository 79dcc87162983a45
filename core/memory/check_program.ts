import { tokensOfBlock } from "./canonical_program.ts";
import type { AttentionProgram } from "./memory_model.ts";

/** Largest context, a bound on memory and time rather than of the machine. */
const MOST_TOKENS = 2 ** 24;
/** Heads whose keys fit a channel's address space in the reference's layout. */
export const MOST_HEADS = 4096;
/** Queries a head's keys may serve together: published models have groups of up to 16. */
export const MOST_QUERIES = 16;

/** @throws {RangeError} when a size of a program is out of range, or its blocks are no lists of them */
export function checkProgram(program: AttentionProgram) {
  check("heads a stack", program.heads, 1, MOST_HEADS);
  check("headDim", program.headDim, 1, 4096);
  check("contextTokens", program.contextTokens, 1, MOST_TOKENS);
  check("keptTokens", program.keptTokens, 1, 2 * MOST_TOKENS);
  check("partitionTokens", program.partitionTokens, 1, MOST_TOKENS);
  check("rowTokens", program.rowTokens, 1, MOST_TOKENS);
  check("elementBytes", program.elementBytes, 1, 2);
  check("queries", program.queries ?? 1, 1, MOST_QUERIES);
  if (program.headBlocks) checkBlocks(program, program.headBlocks);
}

/** @throws {RangeError} when a program of HBM3-PIM clusters where no one says how */
export function checkClustering({ clustering, pim }: AttentionProgram) {
  if (!clustering || pim === "bank") return;
  throw new RangeError(
    `Expected clustering with PIM at the bank but found it at the ${pim}: ` +
      "STARC describes no other",
  );
}

function checkBlocks(program: AttentionProgram, headBlocks: readonly Uint32Array[]) {
  check("lists of blocks", headBlocks.length, program.heads, program.heads);
  if (headBlocks.every(({ length }) => length === 0)) {
    throw new RangeError("Expected a head that reads a block but found none");
  }
  const stored = Math.ceil(program.contextTokens / tokensOfBlock(program.pim));
  headBlocks.forEach((blocks, head) => {
    for (let i = 0; i < blocks.length; i++) {
      if (blocks[i]! < stored && (i === 0 || blocks[i]! > blocks[i - 1]!)) continue;
      throw new RangeError(
        `Expected the blocks of head ${head} to ascend below ${stored} but found ${blocks[i]} ` +
          `at index ${i}`,
      );
    }
  });
}

function check(name: string, value: number, least: number, most: number) {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(
    `Expected ${name} to be a whole number from ${least} to ${most} but found ${value}`,
  );
}
