/**
 * For tests only: the program that a row of the specification's engine results describes.
 *
 * @module
 */
import type { AttentionProgram, PimLevel } from "../memory/memory_model.ts";

const LEVELS: Readonly<Record<string, PimLevel>> = {
  BA: "bank",
  BG: "bankgroup",
  BUFFER: "buffer",
};

/** What a generator was called with, in the specification's column names. */
export interface GoldenCall {
  readonly generator: string;
  /** The generator's sparsity flags as typed; its own defaults hold for the rest. */
  readonly flags: string;
  readonly L: number;
  readonly nhead: number;
  readonly dhead: number;
  readonly dbyte: number;
  readonly pim_type: string;
  readonly power: boolean;
}

/** The call's program. */
export function goldenProgram(call: GoldenCall): AttentionProgram {
  const flag = (name: string, otherwise: number) => {
    const value = new RegExp(`--${name} (\\S+)`).exec(call.flags)?.[1];
    return value === undefined ? otherwise : Number(value);
  };
  const isSparse = /--sparsity( |$)/.test(call.flags);
  const rowTokens = flag("row_size", 16);
  const rows = Math.ceil(call.L / rowTokens);
  const budget = flag("kv_budget", 1024);
  const keptRows = budget > 0
    ? Math.min(Math.ceil(budget / rowTokens), rows)
    : Math.max(1, Math.ceil(rows * flag("sparsity_ratio", 0.25)));
  return {
    pim: LEVELS[call.pim_type]!,
    power: call.power ? "limited" : "unlimited",
    heads: call.nhead,
    headDim: call.dhead,
    elementBytes: call.dbyte,
    contextTokens: call.L,
    keptTokens: isSparse ? keptRows * rowTokens : call.L,
    partitionTokens: call.generator.startsWith("starc") ? 409600 : 4096,
    clustering: isSparse && call.flags.includes("--add_cluster"),
    rowTokens,
    oddTail: "once",
  };
}

/** A row of the specification as a call. */
export function goldenCall(row: Readonly<Record<string, string>>): GoldenCall {
  return {
    generator: row.generator!,
    flags: row.flags!,
    L: Number(row.L),
    nhead: Number(row.nhead),
    dhead: Number(row.dhead),
    dbyte: Number(row.dbyte),
    pim_type: row.pim_type!,
    power: row.power === "True",
  };
}
