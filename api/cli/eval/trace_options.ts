/**
 * The options of attention traces that evaluations record.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { TraceFile } from "../../../core/attention/trace_file.ts";
import type { TraceHeader } from "../../../core/attention/trace_format.ts";
import { checkedOption } from "../option.ts";
import { OutputFile } from "../output_file.ts";
import { UserError } from "../user_error.ts";
import { listOfWords } from "../values.ts";

/** Lists that a trace can carry, in the order in which it does. */
const LISTS = ["tokens", "rows16"] as const;

/** Values of the options {@linkcode addTraceOptions} adds. */
export interface TraceOptions {
  readonly trace?: string;
  readonly traceLists?: TraceHeader["lists"];
}

/** Adds `--trace` and `--trace-lists`. */
export function addTraceOptions(command: Command, several: string): Command {
  return command
    .addOption(new Option("--trace <file>", `record what is attended to; ${several}`))
    .addOption(traceListsOption());
}

/** `--trace-lists`. */
export function traceListsOption(): Option {
  const parse = listOfWords(LISTS);
  return checkedOption(
    "--trace-lists <names>",
    "what a trace carries beside counts: rows16, which rows of 16 tokens were read (simulate " +
      "--blocks takes them), tokens, which tokens; or both: rows16,tokens",
    (text) => {
      const chosen = parse(text);
      return LISTS.filter((name) => chosen.includes(name));
    },
  );
}

/**
 * Makes sure that there is a trace to carry the lists that are asked for.
 *
 * @throws {UserError} when there is none
 */
export function checkTraceLists({ trace, traceLists }: TraceOptions) {
  if (trace !== undefined || traceLists === undefined) return;
  throw new UserError("--trace-lists: expected --trace beside it but found none");
}

/**
 * Begins the trace `--trace` names; one that has not ended is dropped when it is disposed of.
 *
 * @throws {UserError} when it cannot be written
 */
export function newTrace(path: string, header: TraceHeader): TraceFile {
  return new TraceFile(path, header, () => OutputFile.open("--trace", path));
}
