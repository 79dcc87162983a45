/**
 * `kvpim dram`: the memory alone.
 *
 * @module
 */
import { Command, Option } from "commander";
import { HBM3_PIM } from "../../../wasm/dram/standards/hbm3_pim.ts";
import { idleOptions, type IdleRule } from "../idle_options.ts";
import { addMemoryChoice, type MemoryChoice } from "../memory_access.ts";
import { checkedOption } from "../option.ts";
import { requireOwnFile } from "../own_file.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";
import { oneOfWords, wholeNumber } from "../values.ts";
import { runJobs } from "./jobs.ts";
import {
  addProgramOptions,
  PROGRAM_DEFAULTS,
  type ProgramOptions,
  toProgram,
} from "./program_options.ts";
import { type DramReport, jsonText, statisticsText, summaryText } from "./report.ts";
import { runProgram, type TextOptions } from "./run_program.ts";
import { type DeviceChoice, runTraceFile } from "./run_trace_file.ts";
import { runTraceInMemory } from "./run_trace_in_memory.ts";

interface DramOptions extends ProgramOptions, MemoryChoice, TextOptions, DeviceChoice {
  readonly trace?: string;
  readonly jobs?: string;
  readonly output?: string;
  readonly stats?: true;
  readonly json?: true;
}

const PROGRAM_OPTIONS = [...Object.keys(PROGRAM_DEFAULTS), "maxlen"];

const EXAMPLES = `
Organisations: ${Object.keys(HBM3_PIM.organisations).join(", ")}
Timings: ${Object.keys(HBM3_PIM.timings).join(", ")}
Units: lengths and budgets in tokens, results in cycles of the memory's clock.

Examples:
  kvpim dram --seqlen 4096 --nhead 13 --powerlimit
  kvpim dram --sparsity --kv_budget 512 --write-trace program.trace.gz
  kvpim dram --trace program.trace.gz --powerlimit --cmdlog commands.txt --stats
  kvpim dram --trace program.trace.gz --powerlimit --memory hbm3-jedec-bank
  kvpim dram --jobs programs.csv --output results.csv

A trace runs in the stack of AttAcc and STARC a block of lines at a time; another memory takes it
whole, and its MACs say where the units sit.

A table of jobs has a column L (tokens); generator, pim_type, power, nhead, dhead, dbyte, flags,
kv_budget, sparsity (none, budget or ratio), sparsity_ratio, row_size and add_cluster where they
differ from the defaults. The flags of a row are what a generator was given, as "--sparsity
--kv_budget 512", and all there is of sparsity; filled columns beside them have to agree.
The columns cycle, mac, sfm, mvgb, mvsb and wrgb are added or replaced, others are kept.`;

/** The command. */
export function dramCommand(surroundings: Surroundings): Command {
  const command = new Command("dram")
    .description("Run a program of PIM commands, a text trace, or a table of programs.");
  addProgramOptions(command);
  addTraceOptions(command);
  addJobOptions(command);
  command
    .option("--stats", "print the counters the reference prints")
    .addOption(new Option("--json", "print the result as JSON").conflicts("stats"));
  return addMemoryChoice(command)
    .addHelpText("after", EXAMPLES)
    .action((options: DramOptions) => dram(options, command, surroundings));
}

function addTraceOptions(command: Command) {
  const presets = Object.keys(HBM3_PIM.organisations);
  const timings = Object.keys(HBM3_PIM.timings);
  command
    .addOption(
      new Option("--trace <file>", "run a text trace, plain or gzip; - reads standard input")
        .conflicts([...PROGRAM_OPTIONS.filter((name) => name !== "powerlimit"), "writeTrace"]),
    )
    .option("--cmdlog <file>", "write the commands a channel issues, one a line")
    .addOption(
      checkedOption("--channel <number>", "channel of --cmdlog", wholeNumber(0, 63)).default(0),
    )
    .option("--write-trace <file>", "write the program as text, gzip where the name ends in .gz")
    .addOption(
      checkedOption(
        "--organisation <name>",
        `with --trace: an organisation of the stack (default: HBM3_8Gb_2R)`,
        oneOfWords(presets),
      ),
    )
    .addOption(
      checkedOption(
        "--timing <name>",
        "with --trace: a timing preset (default: HBM3_5.2Gbps with --powerlimit, else its _NPC)",
        oneOfWords(timings),
      ),
    )
    .addOption(
      checkedOption(
        "--channels <number>",
        "with --trace: channels of the stack (default: 16)",
        wholeNumber(1, 64),
      ),
    );
}

function addJobOptions(command: Command) {
  command
    .addOption(
      new Option("--jobs <file>", "run the programs of a table (CSV)")
        .conflicts([...PROGRAM_OPTIONS, "trace", "cmdlog", "writeTrace", "stats", "json"]),
    )
    .option("--output <file>", "with --jobs: the table with results (default: standard output)");
}

async function dram(options: DramOptions, command: Command, surroundings: Surroundings) {
  checkCombination(options);
  checkFiles(options);
  const idle = idleOptions(command, idleRules(options));
  for (const note of [...idle, ...roomNotes(options)]) surroundings.err(`note: ${note}\n`);
  if (options.jobs !== undefined) {
    return await runJobs({ ...options, jobs: options.jobs }, surroundings);
  }
  surroundings.out(textOf(options)(await reportOf(options, surroundings)));
}

async function reportOf(options: DramOptions, surroundings: Surroundings): Promise<DramReport> {
  const { trace, memory } = options;
  if (trace === undefined) return await runProgram(options, surroundings);
  return memory === undefined
    ? await runTraceFile({ ...options, trace }, surroundings)
    : await runTraceInMemory({ ...options, trace, memory }, surroundings);
}

/** When options are of no use; a table's rows say themselves what others would. */
function idleRules({ sparsity, kv_budget, cmdlog }: DramOptions): IdleRule[] {
  return [
    {
      options: ["--kv_budget", "--sparsity_ratio", "--row_size", "--add_cluster"],
      isMet: sparsity,
      otherwise: "changes nothing without --sparsity",
    },
    {
      options: ["--sparsity_ratio"],
      isMet: kv_budget === 0,
      otherwise: "changes nothing without --kv_budget 0",
    },
    {
      options: ["--channel"],
      isMet: cmdlog !== undefined,
      otherwise: "changes nothing without --cmdlog",
    },
  ];
}

/** Tells of keys that have too little room. */
function roomNotes(options: DramOptions): string[] {
  if (options.trace !== undefined || options.jobs !== undefined) return [];
  const { partitionTokens, contextTokens } = toProgram(options);
  if (partitionTokens >= contextTokens) return [];
  return [
    `A head's keys have room for ${partitionTokens} tokens (--maxlen) and there are ` +
    `${contextTokens}: they do not fit, and are laid out as the reference lays them out.`,
  ];
}

function checkCombination(options: DramOptions) {
  const { trace, jobs, output, organisation, timing, channels, memory, cmdlog } = options;
  if (memory !== undefined && cmdlog !== undefined) {
    throw new UserError("--cmdlog: expected no --memory beside it: other memories keep no log");
  }
  if (output !== undefined && jobs === undefined) {
    throw new UserError("--output: expected --jobs beside it but found none");
  }
  if (trace !== undefined && memory === undefined) return;
  const reason = trace === undefined
    ? "--trace beside it but found none"
    : "no --memory beside it: that is a stack of its own";
  for (const [name, value] of Object.entries({ organisation, timing, channels })) {
    if (value === undefined) continue;
    throw new UserError(`--${name}: expected ${reason}`);
  }
}

function checkFiles({ trace, jobs, memory, cmdlog, writeTrace, output }: DramOptions) {
  const read = { "--trace": trace, "--memory": memory };
  requireOwnFile("--cmdlog", cmdlog, read);
  requireOwnFile("--write-trace", writeTrace, { ...read, "--cmdlog": cmdlog });
  requireOwnFile("--output", output, { "--jobs": jobs, "--memory": memory });
}

function textOf({ stats, json }: DramOptions): (report: DramReport) => string {
  if (stats) return statisticsText;
  return json ? jsonText : summaryText;
}
