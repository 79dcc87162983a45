import type { AttentionProgram } from "./memory_model.ts";

/** {@linkcode programCost} from which on a call is long enough. */
const CALL_COST = 2 ** 24;

/** Grows as the time a program takes: clustering compares every token with every centroid. */
export function programCost(
  { keptTokens, contextTokens, heads, clustering }: AttentionProgram,
): number {
  return keptTokens * heads + (clustering ? contextTokens * contextTokens : 0);
}

/**
 * Indices of programs in the groups they are simulated in, the longest first, so that workers are
 * busy to the end.
 *
 * @param most programs of a group; one whose programs take long has fewer
 *
 * @example
 * ```ts
 * import { programBatches } from "./program_batches.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const program = {
 *   pim: "bank",
 *   power: "limited",
 *   heads: 1,
 *   headDim: 128,
 *   elementBytes: 2,
 *   contextTokens: 4096,
 *   partitionTokens: 409600,
 *   clustering: false,
 *   rowTokens: 16,
 *   oddTail: "once",
 * } as const;
 * const programs = [16, 4096, 256].map((keptTokens) => ({ ...program, keptTokens }));
 * deepEqual(programBatches(programs, 2), [[1, 2], [0]]);
 * ```
 */
export function programBatches(programs: readonly AttentionProgram[], most: number): number[][] {
  const costs = programs.map(programCost);
  const order = programs.map((_, i) => i).sort((a, b) => costs[b]! - costs[a]!);
  const batches: number[][] = [];
  let cost = Infinity;
  for (const i of order) {
    const last = batches.at(-1);
    if (last === undefined || last.length === most || cost + costs[i]! > CALL_COST) {
      batches.push([i]);
      cost = costs[i]!;
    } else {
      last.push(i);
      cost += costs[i]!;
    }
  }
  return batches;
}
