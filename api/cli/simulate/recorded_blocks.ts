import { TraceFormatError } from "../../../core/attention/frame_reader.ts";
import {
  type TraceBlocks,
  traceBlocks,
  TraceBlocksError,
} from "../../../core/attention/trace_blocks.ts";
import { readTraceFile } from "../../../core/attention/trace_file.ts";
import { resolveSwitches } from "../../../core/system/switches.ts";
import { lowerFirst, UserError, userFacing } from "../user_error.ts";
import type { SimulateOptions } from "./options.ts";

/**
 * The blocks that `--blocks` names; nothing without it.
 *
 * @throws {UserError} when it is no trace with rows, or other options say what is read
 */
export async function recordedBlocks(
  { blocks, rows, sparsity, locality, profile, switch: switches = [] }: SimulateOptions,
): Promise<TraceBlocks | undefined> {
  if (blocks === undefined) return undefined;
  if (rows !== "scattered") {
    throw new UserError(`--blocks: expected --rows scattered beside it but found ${rows}`);
  }
  if (sparsity || locality !== undefined) {
    throw new UserError(
      "--blocks: expected neither --sparsity nor --locality beside it: the trace says what is read",
    );
  }
  const changes = Object.fromEntries(switches);
  const { "key-value-heads": reads } = userFacing(() => resolveSwitches(profile, changes));
  const readOnce = reads === "read-once";
  try {
    await using trace = await readTraceFile(blocks);
    if (!trace.header.lists.includes("rows16")) throw new UserError(`--blocks: ${noRows(blocks)}`);
    return await traceBlocks(trace, { readOnce });
  } catch (error) {
    if (!(error instanceof TraceFormatError || error instanceof TraceBlocksError)) throw error;
    throw new UserError(`--blocks: ${lowerFirst(error.message)}`);
  }
}

function noRows(path: string): string {
  return `${path}: expected a trace that carries the rows read but found their number only; ` +
    "kvpim eval and compare record them with --trace-lists rows16";
}
