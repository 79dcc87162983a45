/**
 * What a policy reads to decide which tokens to read.
 *
 * A policy declares its metadata: how much of it there is for each 16 tokens, how much of that it
 * reads at a step, and in what order. The reads run in memory like scores do, before attention:
 * the query is written into the units, the metadata is multiplied with it where it lies, and the
 * products move to the buffer die. Choosing the largest of them is `top_k.ts`'s.
 *
 * @module
 */
import { attAcc } from "../hardware/pim.ts";
import { tokensOfBlock } from "../memory/canonical_program.ts";
import type { AttentionProgram, MemoryResult } from "../memory/memory_model.ts";
import type { Metadata } from "./policy_metadata.ts";
import { randomFrom } from "./random.ts";

/** A share of the keys' bytes that the metadata adds to the KV cache, which has keys and values. */
export function addedCacheShare({ storedKeys, groupTokens }: Metadata): number {
  return storedKeys / groupTokens / 2;
}

/** Groups of tokens that a step's context has. */
const groupsOf = ({ groupTokens }: Metadata, contextTokens: number) =>
  Math.ceil(contextTokens / groupTokens);

/** Scores of one query, among which it chooses. */
export function scoresOf(metadata: Metadata, contextTokens: number): number {
  return Math.ceil(groupsOf(metadata, contextTokens) * metadata.scores);
}

/** Entries that one query chooses, so many as cover the tokens it reads. */
export function chosenOf({ scores, groupTokens }: Metadata, keptTokens: number): number {
  return Math.ceil(keptTokens / groupTokens * scores);
}

/** Multiply-adds of one query at a step. */
export function selectionMultiplyAdds(
  metadata: Metadata,
  { headDim, contextTokens }: Pick<AttentionProgram, "headDim" | "contextTokens">,
): number {
  return groupsOf(metadata, contextTokens) * metadata.readKeys * headDim;
}

/**
 * The program that reads the metadata before a step's attention.
 *
 * Vectors are read as keys are. Of element-major keys each element's tokens fill columns of their
 * own, as many tokens as all units of a channel multiply at once; which elements are read is up to
 * the query, here any with equal chance.
 *
 * @param attention the step's own program
 * @param seed what the elements are drawn from
 */
export function selectionProgram(
  metadata: Metadata,
  attention: AttentionProgram,
  seed: number,
): AttentionProgram {
  const { headBlocks: _, ...common } = attention;
  const scores = { ...common, passes: "scores", clustering: false } as const;
  if (metadata.order === "sequential") {
    const vectors = Math.ceil(groupsOf(metadata, attention.contextTokens) * metadata.readKeys);
    return { ...scores, contextTokens: vectors, keptTokens: vectors };
  }
  return elementMajor(metadata, { ...scores, keptTokens: attention.contextTokens }, seed);
}

/**
 * Size of a step's metadata in the units that its program depends on: steps of a run with equal
 * sizes have equal programs.
 */
export function selectionSize(metadata: Metadata, attention: AttentionProgram): number {
  return metadata.order === "sequential"
    ? groupsOf(metadata, attention.contextTokens)
    : columnsOfElement(attention);
}

/** Elements of a key that one MAC column holds, over all banks of a unit. */
function elementsOfColumn({ pim, elementBytes }: AttentionProgram): number {
  return (pim === "bank" ? 4 : 1) * attAcc.columnBytes / elementBytes;
}

/** Columns that hold one element of all tokens' keys, side by side in all units of a channel. */
function columnsOfElement(program: AttentionProgram): number {
  return Math.ceil(
    program.contextTokens / (elementsOfColumn(program) * tokensOfBlock(program.pim)),
  );
}

function elementMajor(
  { readKeys, groupTokens }: Metadata,
  program: AttentionProgram,
  seed: number,
): AttentionProgram {
  const { headDim, heads } = program;
  const columns = columnsOfElement(program);
  const read = Math.max(1, Math.min(headDim, Math.round(headDim * readKeys / groupTokens)));
  const headBlocks = Array.from({ length: heads }, (_, head) => {
    const elements = drawElements(read, headDim, randomFrom(seed, columns, head));
    return Uint32Array.from(
      { length: read * columns },
      (_, i) => elements[Math.floor(i / columns)]! * columns + i % columns,
    );
  });
  const tokens = headDim * columns * tokensOfBlock(program.pim);
  return {
    ...program,
    // Keys that fill one column of each unit's banks: the program reads columns, not keys.
    headDim: elementsOfColumn(program),
    contextTokens: tokens,
    keptTokens: tokens,
    headBlocks,
  };
}

/** Scores of each unit that a move to the buffer die takes. */
const SCORES_A_MOVE = 16;

/**
 * What an element-major program comes to when its scores move once they are complete.
 *
 * A score is the sum over all elements that are read. The program moves its products as those of
 * whole vectors, every 16 steps beside the next MACs; here they move behind the last MAC, 16 of each
 * unit at a time, however many elements there were.
 *
 * @param result of {@linkcode selectionProgram}
 * @param selection that program
 * @param moveCycles cycles from one move of a channel to the next
 */
export function withCompleteScores(
  result: MemoryResult,
  { headBlocks = [], heads, pim }: AttentionProgram,
  contextTokens: number,
  moveCycles: number,
): MemoryResult {
  const made = Math.ceil((headBlocks[0]?.length ?? 0) / SCORES_A_MOVE);
  if (made === 0) return result;
  const needed = Math.ceil(contextTokens / (SCORES_A_MOVE * tokensOfBlock(pim)));
  const commands = result.mvsb / made;
  const ofChannel = commands / heads * Math.ceil(heads / attAcc.channels);
  return {
    ...result,
    cycles: result.cycles + needed * ofChannel * moveCycles,
    mvsb: needed * commands,
  };
}

function drawElements(count: number, most: number, random: () => number): number[] {
  const left = Array.from({ length: most }, (_, i) => i);
  const drawn = Array.from(
    { length: count },
    () => left.splice(Math.floor(random() * left.length), 1)[0]!,
  );
  return drawn.sort((a, b) => a - b);
}
