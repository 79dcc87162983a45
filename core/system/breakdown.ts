/**
 * Where a decode step's time and energy go.
 *
 * @module
 */
import type { SystemRow } from "./columns.ts";

/** Where time and energy go. */
export const PARTS = ["attention", "FC", "communication", "other"] as const;

/** One of {@linkcode PARTS}. */
export type Part = typeof PARTS[number];

/** A decode step's time in ms or energy in J, by where it goes. */
export type Breakdown = Readonly<Record<Part, number>>;

/** Time of one decode step, in ms. */
export function latencyOf(row: SystemRow): Breakdown {
  return {
    attention: row.g_matmul + row.g_softmax,
    FC: row.g_fc,
    communication: row.g_comm,
    other: row.g_etc,
  };
}

/** Energy of one decode step of the whole batch, in J. */
export function energyOf(row: SystemRow): Breakdown {
  const joules = (...nanojoules: number[]) => nanojoules.reduce((sum, value) => sum + value) / 1e9;
  return {
    attention: joules(row.g_attn_mem_energy, row.g_attn_comp_energy),
    FC: joules(row.g_fc_mem_energy, row.g_fc_comp_energy),
    communication: joules(row.g_comm_energy),
    other: joules(row.g_etc_mem_energy, row.g_etc_comp_energy),
  };
}

/** All parts together. */
export function sumOf(breakdown: Breakdown): number {
  return PARTS.reduce((sum, part) => sum + breakdown[part], 0);
}
