/**
 * Rows that bank PIM opens for the blocks a head reads.
 *
 * @module
 */
import { attAcc } from "../hardware/pim.ts";
import type { AttentionProgram } from "../memory/memory_model.ts";

/** Banks of a bank group, over which a key or value is spread. */
const BANKS = 4;
/** Tokens of a block: one in each of a channel's bank groups. */
export const BLOCK_TOKENS = 16;

/** Columns of a bank that a key, or a value, takes: passes over the values too. */
function columnsOf({ headDim, elementBytes }: Pick<AttentionProgram, "headDim" | "elementBytes">) {
  return Math.ceil(headDim * elementBytes / (BANKS * attAcc.columnBytes));
}

/**
 * Rows, each in all banks of a channel, that one head's keys and values are read from. A key's
 * columns lie side by side, block after block; of the values each pass takes one column a block,
 * and the stored context's next pass lies behind. A row that is closed and opened again for a
 * refresh is counted once.
 *
 * @param blocks storage positions, ascending
 *
 * @example
 * ```ts
 * import { rowsOfBlocks } from "./rows_opened.ts";
 * import { equal } from "node:assert/strict";
 *
 * const program = { headDim: 128, elementBytes: 2, contextTokens: 10000 };
 * // Two columns a key: blocks 0 to 15 share a row. The values of 625 blocks are in 40 rows.
 * equal(rowsOfBlocks(program, Uint32Array.of(0, 15)), 1 + 2);
 * equal(rowsOfBlocks(program, Uint32Array.of(0, 16)), 2 + 2);
 * ```
 */
export function rowsOfBlocks(
  program: Pick<AttentionProgram, "headDim" | "elementBytes" | "contextTokens">,
  blocks: Uint32Array,
): number {
  const columns = columnsOf(program);
  const stored = Math.ceil(program.contextTokens / BLOCK_TOKENS);
  let rows = 0;
  let open = -1;
  const visit = (column: number) => {
    const row = Math.floor(column / attAcc.columnsPerRow);
    if (row !== open) rows++;
    open = row;
  };
  for (const block of blocks) for (let k = 0; k < columns; k++) visit(block * columns + k);
  open = -1;
  for (let pass = 0; pass < columns; pass++) {
    for (const block of blocks) visit(pass * stored + block);
  }
  return rows;
}

/** {@linkcode rowsOfBlocks} of the first blocks, as many as hold the kept tokens, for all heads. */
export function rowsOfProgram(program: AttentionProgram): number {
  const columns = columnsOf(program) * Math.ceil(program.keptTokens / BLOCK_TOKENS);
  // Keys and values fill their rows one after the other.
  return program.heads * 2 * Math.ceil(columns / attAcc.columnsPerRow);
}
