/**
 * Tables of programs: a row says what a generator is told, in the reference's column names.
 *
 * @module
 */
import { Command } from "commander";
import { parse } from "csv/sync";
import type { AttentionProgram } from "../../../core/memory/memory_model.ts";
import { locating, unexpected, UserError } from "../user_error.ts";
import { oneOf, share } from "../values.ts";
import {
  addProgramOptions,
  PROGRAM_DEFAULTS,
  PROGRAM_VALUES,
  type ProgramOptions,
  toProgram,
} from "./program_options.ts";

/** A table with the program of each row. */
export interface JobTable {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
  /** How the table's lines end. */
  readonly newline: "\n" | "\r\n";
  readonly programs: readonly AttentionProgram[];
}

type Row = Readonly<Record<string, string>>;
type Told = { -readonly [K in keyof ProgramOptions]?: ProgramOptions[K] };

const truth = oneOf({ True: true, False: false, "1": true, "0": false });
const GENERATORS = { ...Object.fromEntries(generatorNames()) };

/** Columns that hold a value of an option. */
const OPTION_COLUMNS = {
  pim_type: "pim",
  L: "seqlen",
  nhead: "nhead",
  dhead: "dhead",
  dbyte: "dbyte",
  maxlen: "maxlen",
} as const;

const ROW_COLUMNS = ["kv_budget", "sparsity_ratio", "row_size"] as const;

/**
 * Reads a table of programs.
 *
 * A row's `flags`, where it has any, are what the generator was given, and all there is of sparsity;
 * without them the columns `sparsity` (none, budget or ratio), `kv_budget`, `sparsity_ratio`,
 * `row_size` and `add_cluster` say it. What both say they have to agree on.
 *
 * @param name what to call the table in a message, e.g. a file name
 * @throws {UserError} naming the first line and column that is wrong
 *
 * @example
 * ```ts
 * import { readJobs } from "./job_table.ts";
 * import { equal } from "node:assert/strict";
 *
 * const { programs } = readJobs("L,nhead,flags\n2048,13,--sparsity --kv_budget 100\n", "a.csv");
 * equal(programs[0]!.keptTokens, 112);
 * ```
 */
export function readJobs(text: string, name: string): JobTable {
  const records = parsed(text, name);
  const [header, ...others] = records;
  const columns = header?.record ?? [];
  checkColumns(columns, name);
  const rows: Row[] = [];
  const programs = others.map(({ record, line }) => {
    return locating(`${name} line ${line}`, () => {
      if (record.length !== columns.length) {
        throw new UserError(
          `expected ${columns.length} fields as in line 1 but found ${record.length}`,
        );
      }
      const row = Object.fromEntries(columns.map((column, i) => [column, record[i]!]));
      rows.push(row);
      return toProgram(optionsOf(row));
    });
  });
  if (rows.length === 0) {
    throw new UserError(`${name}: expected a row below the header, found none`);
  }
  return { columns, rows, newline: /^[^\n]*\r\n/.test(text) ? "\r\n" : "\n", programs };
}

/** What the parser gives with `info`; its types know only records without. */
interface ParsedRecord {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

function parsed(text: string, name: string): { record: string[]; line: number }[] {
  try {
    const records: unknown = parse(text, {
      info: true,
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
    });
    return (records as ParsedRecord[]).map(({ record, info }) => ({ record, line: info.lines }));
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new UserError(`${name}: expected a CSV table but found: ${found}`);
  }
}

function checkColumns(columns: readonly string[], name: string) {
  if (!columns.includes("L")) {
    throw new UserError(
      `${name} line 1: expected a column L (tokens) but found ${JSON.stringify(columns.join(","))}`,
    );
  }
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) {
    throw new UserError(`${name} line 1: expected each column once but found ${twice} twice`);
  }
}

function optionsOf(row: Row): ProgramOptions {
  if (row.L!.trim() === "") {
    throw new UserError("column L: expected a number of tokens, found none");
  }
  const told: Told = { ...generatorOf(row) };
  for (const [column, option] of Object.entries(OPTION_COLUMNS)) {
    Object.assign(told, field(row, column, (text) => ({ [option]: PROGRAM_VALUES[option](text) })));
  }
  Object.assign(told, field(row, "power", (text) => ({ powerlimit: truth(text) })));
  const sparsity = sparsityOf(row);
  if (!row.flags?.trim()) return { ...PROGRAM_DEFAULTS, ...told, ...sparsity };
  const flags = flagsOf(row.flags);
  checkAgreement({ ...told, ...flags }, told);
  const flagged = { ...PROGRAM_DEFAULTS, ...flags };
  checkAgreement(flagged, ofUse(sparsity, row, flagged));
  return { ...PROGRAM_DEFAULTS, ...told, ...flags };
}

/** What columns say of sparsity, as far as it matters beside flags. */
function ofUse({ sparsity, ...others }: Told, row: Row, flagged: ProgramOptions): Told {
  const told: Told = sparsity === undefined ? {} : { sparsity };
  if (!flagged.sparsity) return told;
  Object.assign(told, others);
  if (flagged.kv_budget > 0) delete told.sparsity_ratio;
  // That a ratio goes without a budget is no column's word.
  if (!row.kv_budget?.trim()) delete told.kv_budget;
  return told;
}

/** Refuses what a column says and flags say otherwise. */
function checkAgreement(options: Told, told: Told) {
  for (const [option, value] of Object.entries(told)) {
    const flagged = options[option as keyof Told];
    if (flagged === value) continue;
    throw new UserError(
      `column flags: expected what the other columns say of ${option} (${value}) but found ${flagged}`,
    );
  }
}

/** Names such as `orig_bank` say the generator and the level. */
function generatorNames(): [string, Told][] {
  const levels = {
    "": {},
    _bank: { pim: "bank" },
    _bg: { pim: "bankgroup" },
    _buffer: { pim: "buffer" },
  };
  const names = {
    orig: "attacc",
    attacc: "attacc",
    "attacc-initial": "attacc-initial",
    starc: "starc",
  };
  return Object.entries(names).flatMap(([name, generator]) =>
    Object.entries(levels).map(([suffix, level]): [string, Told] => [
      `${name}${suffix}`,
      { generator: generator as ProgramOptions["generator"], ...level as Told },
    ])
  );
}

function generatorOf(row: Row): Told {
  return field(row, "generator", (text) => {
    const found = GENERATORS[text];
    if (found) return found;
    throw unexpected("a generator such as orig_bank, orig_bg, orig_buffer or starc_bank", text);
  });
}

function sparsityOf(row: Row): Told {
  const told: Told = {};
  for (const column of ROW_COLUMNS) {
    Object.assign(told, field(row, column, (text) => ({ [column]: PROGRAM_VALUES[column](text) })));
  }
  Object.assign(told, field(row, "sparsity", sparsityKind));
  return { ...told, ...field(row, "add_cluster", (text) => ({ add_cluster: truth(text) })) };
}

/** `none`, `budget`, `ratio` or a ratio with its share, such as `ratio0.25`. */
function sparsityKind(text: string): Told {
  const ratio = /^ratio([\d.]+)?$/i.exec(text);
  if (!ratio) return { sparsity: oneOf({ none: false, budget: true, ratio: true })(text) };
  const given = ratio[1] === undefined ? {} : { sparsity_ratio: share(ratio[1]) };
  return { sparsity: true, kv_budget: 0, ...given };
}

/** What the text of a filled column means; nothing for an absent or empty one. */
function field<T extends object>(row: Row, column: string, read: (text: string) => T): Partial<T> {
  const text = row[column]?.trim();
  return text ? locating(`column ${column}`, () => read(text)) : {};
}

/** Flags as the generator's command line would take them. */
function flagsOf(flags: string): Told {
  return locating("column flags", () => {
    const command = addProgramOptions(
      new Command().helpOption(false).exitOverride().configureOutput({ writeErr() {} }),
    );
    try {
      command.parse(flags.trim().split(/\s+/), { from: "user" });
    } catch (error) {
      if (error instanceof UserError) throw error;
      const found = error instanceof Error ? error.message : String(error);
      throw new UserError(found.replace(/^error: /, "").split("\n")[0]!);
    }
    const values = command.opts<ProgramOptions>();
    const given = Object.entries(values)
      .filter(([name]) => command.getOptionValueSource(name) === "cli");
    return Object.fromEntries(given);
  });
}
