import { createHash } from "node:crypto";
import type { AttentionProgram } from "./memory_model.ts";
import { programArguments } from "./program_runner.ts";

/**
 * Text that is equal for programs that say the same only.
 *
 * @example
 * ```ts
 * import { programKey } from "./program_key.ts";
 * import { equal } from "node:assert/strict";
 *
 * const program = {
 *   pim: "bank",
 *   power: "limited",
 *   heads: 13,
 *   headDim: 128,
 *   elementBytes: 2,
 *   contextTokens: 2049,
 *   keptTokens: 1024,
 *   partitionTokens: 409600,
 *   clustering: false,
 *   rowTokens: 16,
 *   oddTail: "once",
 * } as const;
 * equal(programKey(program), "limited 0 13 128 2 2049 1024 409600 16 0 0 0 0 1 0");
 * ```
 */
export function programKey(program: AttentionProgram): string {
  const fields = [program.power, ...programArguments(program).map(Number)];
  return [...fields, ...digestOf(program.headBlocks)].join(" ");
}

/** Nothing, or a digest of the blocks that tells their heads apart. */
function digestOf(headBlocks: readonly Uint32Array[] | undefined): string[] {
  if (!headBlocks) return [];
  const hash = createHash("sha256");
  for (const blocks of headBlocks) {
    hash.update(Uint32Array.of(blocks.length)).update(blocks);
  }
  return [hash.digest("hex")];
}
