/**
 * The options of the reference's trace generators and the program they describe.
 *
 * @module
 */
import type { Command } from "commander";
import type { AttentionProgram, PimLevel } from "../../../core/memory/memory_model.ts";
import { keptTokens, keptTokensOfRatio } from "../../../core/system/kept_tokens.ts";
import { checkedOption } from "../option.ts";
import { UserError } from "../user_error.ts";
import { oneOf, oneOfWords, share, type ValueParser, wholeNumber } from "../values.ts";

/** Whose schedule: STARC's, AttAcc's, or that of AttAcc's first commit. */
export type Generator = "attacc" | "attacc-initial" | "starc";

/** What a generator is told, under the reference's names. */
export interface ProgramOptions {
  readonly generator: Generator;
  readonly pim: PimLevel;
  readonly powerlimit: boolean;
  readonly seqlen: number;
  readonly nhead: number;
  readonly dhead: number;
  readonly dbyte: number;
  /** Left out, the generator's own: 4096 for AttAcc, 409600 for STARC. */
  readonly maxlen?: number;
  readonly sparsity: boolean;
  readonly kv_budget: number;
  readonly sparsity_ratio: number;
  readonly row_size: number;
  readonly add_cluster: boolean;
}

/** The generators' own defaults. Source: the `gen_trace_attacc_*.py` of AttAcc and STARC. */
export const PROGRAM_DEFAULTS: ProgramOptions = {
  generator: "starc",
  pim: "bank",
  powerlimit: false,
  seqlen: 2048,
  nhead: 64,
  dhead: 128,
  dbyte: 2,
  sparsity: false,
  kv_budget: 1024,
  sparsity_ratio: 0.25,
  row_size: 16,
  add_cluster: false,
};

const MOST_TOKENS = 2 ** 24;

/** Where the GEMV units sit, in words and in the reference's letters. */
const PIM_WORDS: Readonly<Record<string, PimLevel>> = {
  bank: "bank",
  bg: "bankgroup",
  buffer: "buffer",
  BA: "bank",
};

/** What each option with a value may be. */
export const PROGRAM_VALUES = {
  generator: oneOfWords(["attacc", "attacc-initial", "starc"]),
  pim: oneOf(PIM_WORDS),
  seqlen: wholeNumber(1, MOST_TOKENS),
  nhead: wholeNumber(1, 4096),
  dhead: wholeNumber(1, 4096),
  dbyte: wholeNumber(1, 2),
  maxlen: wholeNumber(1, MOST_TOKENS),
  kv_budget: wholeNumber(0, MOST_TOKENS),
  sparsity_ratio: share,
  row_size: wholeNumber(1, MOST_TOKENS),
} satisfies Partial<Record<keyof ProgramOptions, ValueParser<unknown>>>;

/** Adds the options of a program. */
export function addProgramOptions(command: Command): Command {
  const add = (name: keyof typeof PROGRAM_VALUES, placeholder: string, description: string) => {
    const parse: ValueParser<unknown> = PROGRAM_VALUES[name];
    const standard = PROGRAM_DEFAULTS[name];
    const option = checkedOption(`--${name} <${placeholder}>`, description, parse);
    command.addOption(standard === undefined ? option : option.default(standard));
  };
  add("generator", "name", "whose schedule: attacc, starc, or attacc-initial (first commit)");
  add("pim", "level", "where the GEMV units sit: bank (BA), bg or buffer");
  command.option("--powerlimit", "MACs keep within the power budget (nCCDAB 6, not 4)", false);
  add("seqlen", "tokens", "tokens in the KV cache");
  add("nhead", "heads", "heads of the stack, one channel a head, 16 at a time");
  add("dhead", "elements", "elements of a K or V vector");
  add("dbyte", "bytes", "bytes of an element, 1 or 2");
  add("maxlen", "tokens", "tokens a head's keys have room for (attacc: 4096, starc: 409600)");
  command.option(
    "--sparsity",
    "read only the kept tokens of --kv_budget or --sparsity_ratio",
    false,
  );
  add("kv_budget", "tokens", "with --sparsity: tokens kept, rounded up to rows; 0 for the ratio");
  add("sparsity_ratio", "share", "with --sparsity and --kv_budget 0: share of the rows kept");
  add("row_size", "tokens", "tokens of a row that is kept or not");
  command.option("--add_cluster", "with --sparsity: also cluster the whole context", false);
  return command;
}

/**
 * The program that options describe.
 *
 * @throws {UserError} when they contradict each other
 *
 * @example
 * ```ts
 * import { PROGRAM_DEFAULTS, toProgram } from "./program_options.ts";
 * import { equal } from "node:assert/strict";
 *
 * const program = toProgram({ ...PROGRAM_DEFAULTS, sparsity: true, kv_budget: 1000 });
 * equal(program.keptTokens, 1008);
 * ```
 */
export function toProgram(options: ProgramOptions): AttentionProgram {
  const { generator, pim, seqlen, row_size } = options;
  const clustering = options.add_cluster && options.sparsity;
  if (clustering && pim !== "bank") {
    throw new UserError(
      "--add_cluster: expected --pim bank, the only level STARC clusters at, but found " +
        `--pim ${pim === "bankgroup" ? "bg" : pim}`,
    );
  }
  return {
    pim,
    power: options.powerlimit ? "limited" : "unlimited",
    heads: options.nhead,
    headDim: options.dhead,
    elementBytes: options.dbyte,
    contextTokens: seqlen,
    keptTokens: options.sparsity ? keptOf(options) : seqlen,
    partitionTokens: options.maxlen ?? (generator === "starc" ? 409600 : 4096),
    clustering,
    rowTokens: row_size,
    oddTail: generator === "attacc-initial" ? "per-step" : "once",
  };
}

function keptOf({ seqlen, row_size, kv_budget, sparsity_ratio }: ProgramOptions): number {
  return kv_budget > 0
    ? keptTokens(seqlen, kv_budget, row_size)
    : keptTokensOfRatio(seqlen, sparsity_ratio, row_size);
}
