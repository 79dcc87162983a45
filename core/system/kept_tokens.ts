/**
 * Tokens that are read when a budget is spent in whole rows, at most the rows there are (STARC
 * trace_gen/gen_trace_attacc_bank.py). May exceed the context by up to a row.
 *
 * @example
 * ```ts
 * import { keptTokens } from "./kept_tokens.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(keptTokens(2049, 1000, 16), 1008);
 * equal(keptTokens(2049, 4372, 16), 2064);
 * ```
 */
export function keptTokens(contextTokens: number, budgetTokens: number, rowTokens: number): number {
  const rows = Math.ceil(contextTokens / rowTokens);
  return Math.min(Math.ceil(budgetTokens / rowTokens), rows) * rowTokens;
}

/**
 * Tokens that are read when a share of the rows is, at least one row (STARC
 * trace_gen/gen_trace_attacc_bank.py).
 *
 * @example
 * ```ts
 * import { keptTokensOfRatio } from "./kept_tokens.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(keptTokensOfRatio(2049, 0.25, 16), 33 * 16);
 * ```
 */
export function keptTokensOfRatio(contextTokens: number, ratio: number, rowTokens: number): number {
  const rows = Math.ceil(contextTokens / rowTokens);
  return Math.max(1, Math.ceil(rows * ratio)) * rowTokens;
}
