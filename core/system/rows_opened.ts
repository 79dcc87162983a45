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
 * const program = { headDim: 128, elementBytes: 2, contextTokens: 10240 };
 * // Two columns a key: blocks 0 to 15 share a row. Each of two passes over the values opens one.
 * equal(rowsOfBlocks(program, Uint32Array.of(0, 15)), 1 + 2);
 * equal(rowsOfBlocks(program, Uint32Array.of(0, 16)), 2 + 2);
 * ```
 */
export function rowsOfBlocks(
  program: Pick<AttentionProgram, "headDim" | "elementBytes" | "contextTokens" | "passes">,
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
  if (program.passes === "scores") return rows;
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
  const passes = program.passes === "scores" ? 1 : 2;
  return program.heads * passes * Math.ceil(columns / attAcc.columnsPerRow);
}

/**
 * Mean of {@linkcode rowsOfBlocks} for a head whose blocks are any of the stored ones with equal
 * chance. A row that holds m of n stored blocks is missed by k drawn ones with chance
 * C(n - m, k) / C(n, k).
 *
 * @example
 * ```ts
 * import { expectedRows } from "./rows_opened.ts";
 * import { equal } from "node:assert/strict";
 *
 * const program = { headDim: 128, elementBytes: 2, contextTokens: 10000 };
 * const { keys, values } = expectedRows(program, 106);
 * equal(keys.toFixed(2), "37.25");
 * equal(values.toFixed(2), "39.83");
 * ```
 */
export function expectedRows(
  program: Pick<AttentionProgram, "headDim" | "elementBytes" | "contextTokens">,
  keptBlocks: number,
): { readonly keys: number; readonly values: number } {
  const columns = columnsOf(program);
  const stored = Math.ceil(program.contextTokens / BLOCK_TOKENS);
  const rows = (blocksOfRow: number) => {
    const whole = Math.floor(stored / blocksOfRow);
    const rest = stored - whole * blocksOfRow;
    return whole * (1 - missed(blocksOfRow, stored, keptBlocks)) +
      (rest > 0 ? 1 - missed(rest, stored, keptBlocks) : 0);
  };
  return {
    keys: rows(Math.max(1, Math.floor(attAcc.columnsPerRow / columns))),
    values: columns * rows(attAcc.columnsPerRow),
  };
}

function missed(blocksOfRow: number, stored: number, kept: number): number {
  let chance = 1;
  for (let i = 0; i < blocksOfRow; i++) chance *= Math.max(0, stored - kept - i) / (stored - i);
  return chance;
}
