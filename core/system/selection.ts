/**
 * What a policy reads to decide which tokens to read.
 *
 * A policy declares its metadata: how much of it there is for each 16 tokens, how much of that it
 * reads at a step, and in what order. The reads run in memory like scores do, before attention:
 * the query is written into the units, the metadata is multiplied with it where it lies, and the
 * products move to the buffer die. Choosing the largest of them, and telling the stacks which blocks
 * to read, is not charged.
 *
 * @module
 */
import { attAcc } from "../hardware/pim.ts";
import { tokensOfBlock } from "../memory/canonical_program.ts";
import type { AttentionProgram } from "../memory/memory_model.ts";
import { randomFrom } from "./random.ts";
import { BLOCK_TOKENS } from "./rows_opened.ts";

/** Metadata of one head. */
export interface Metadata {
  /**
   * Elements kept for every 16 tokens, beside keys and values, as a multiple of a key's. The bytes
   * are those times the size of an element.
   */
  readonly storedKeys: number;
  /** Of these, what is read at a step. */
  readonly readKeys: number;
  /**
   * `"sequential"`: vectors as long as a key, one after the other, all of them read. `"scattered"`:
   * element by element of the keys, the tokens' values of one element side by side, and only some
   * elements read.
   */
  readonly order: "sequential" | "scattered";
  readonly source: string;
}

/** Policies whose metadata is known. */
export const policies = {
  quest: {
    // The least and the largest of each element of the page's keys; the product of either counts.
    storedKeys: 2,
    readKeys: 2,
    order: "sequential",
    source: "Quest, arXiv 2406.10774, section 3.3: pages of 16",
  },
  starc: {
    storedKeys: 1,
    readKeys: 1,
    order: "sequential",
    source: "STARC (ASPLOS'26), section 5: a centroid for 16 tokens on average, 4 in 64",
  },
  sparq: {
    // The keys once more, element-major; 32 of 128 elements are read.
    storedKeys: 16,
    readKeys: 4,
    order: "scattered",
    source: "SparQ, arXiv 2312.04985, section 4: r of 32 keeps accuracy at head size 128",
  },
} as const satisfies Record<string, Metadata>;

/** Name of a policy. */
export type PolicyName = keyof typeof policies;

/** A share of the keys' bytes that the metadata adds to the KV cache, which has keys and values. */
export function addedCacheShare({ storedKeys }: Metadata): number {
  return storedKeys / BLOCK_TOKENS / 2;
}

/** Multiply-adds of one query at a step. */
export function selectionMultiplyAdds(
  { readKeys }: Metadata,
  { headDim, contextTokens }: Pick<AttentionProgram, "headDim" | "contextTokens">,
): number {
  return Math.ceil(contextTokens / BLOCK_TOKENS) * readKeys * headDim;
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
  const blocks = Math.ceil(attention.contextTokens / BLOCK_TOKENS);
  if (metadata.order === "sequential") {
    const vectors = blocks * metadata.readKeys;
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
    ? Math.ceil(attention.contextTokens / BLOCK_TOKENS)
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
  { readKeys, storedKeys }: Metadata,
  program: AttentionProgram,
  seed: number,
): AttentionProgram {
  const { headDim, heads } = program;
  const columns = columnsOfElement(program);
  const read = Math.round(headDim * readKeys / storedKeys);
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

function drawElements(count: number, most: number, random: () => number): number[] {
  const left = Array.from({ length: most }, (_, i) => i);
  const drawn = Array.from(
    { length: count },
    () => left.splice(Math.floor(random() * left.length), 1)[0]!,
  );
  return drawn.sort((a, b) => a - b);
}
