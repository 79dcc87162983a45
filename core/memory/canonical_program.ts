import type { AttentionProgram, PimLevel } from "./memory_model.ts";

const CHANNELS = 16;
const COLUMN_BYTES = 32;
const BANKS = 4;

/**
 * The smallest program with the same commands.
 *
 * Token counts matter only as whole token steps. The context matters apart from the kept tokens
 * only where two iterations overlap (more than 16 heads), through the stride at which softmax
 * results are moved; past the stride that moves all at once it matters no more. Without a second
 * iteration nobody sees the partition.
 *
 * @example
 * ```ts
 * import { canonicalProgram } from "./canonical_program.ts";
 * import { equal } from "node:assert/strict";
 *
 * const program = canonicalProgram({
 *   pim: "bank",
 *   power: "limited",
 *   heads: 13,
 *   headDim: 128,
 *   elementBytes: 2,
 *   contextTokens: 34047,
 *   keptTokens: 1610,
 *   partitionTokens: 409600,
 *   clustering: false,
 *   rowTokens: 16,
 *   oddTail: "once",
 * });
 * equal(program.keptTokens, 1616);
 * equal(program.contextTokens, 1616);
 * ```
 */
export function canonicalProgram(program: AttentionProgram): AttentionProgram {
  const parallelTokens = tokensOfBlock(program.pim);
  const steps = Math.ceil(program.keptTokens / parallelTokens);
  const iterations = Math.ceil(program.heads / CHANNELS);
  const alone = iterations === 1;
  if (program.headBlocks) return { ...program, keptTokens: 1 };
  return {
    ...program,
    ...(alone && { secondContext: "first", partnerTraffic: "truncated" }),
    keptTokens: steps * parallelTokens,
    contextTokens: program.clustering
      ? program.contextTokens
      : alone || program.partnerTraffic === "whole"
      ? steps * parallelTokens
      : canonicalContext(program, parallelTokens, steps),
    partitionTokens: alone ? 1 : program.partitionTokens,
    rowTokens: program.clustering ? program.rowTokens : 16,
    oddTail: iterations % 2 === 0 ? "once" : program.oddTail,
  };
}

/** Tokens the units of a channel work on at once, each on one. */
export function tokensOfBlock(pim: PimLevel): number {
  return pim === "buffer" ? 2 : 16;
}

function canonicalContext(
  { pim, elementBytes, headDim, contextTokens }: AttentionProgram,
  parallelTokens: number,
  steps: number,
): number {
  const macElements = COLUMN_BYTES / elementBytes;
  const tokensAColumn = parallelTokens * macElements;
  const keyElements = pim === "bank" ? BANKS * macElements : macElements;
  const moves = Math.ceil(steps / 16);
  const contextPasses = Math.ceil(headDim / keyElements);
  const resultColumns = Math.ceil(steps / macElements);
  const allAtOnce = resultColumns * Math.max(Math.ceil(moves / 2), Math.ceil(contextPasses / 2));
  return Math.min(Math.ceil(contextTokens / tokensAColumn), allAtOnce) * tokensAColumn;
}
