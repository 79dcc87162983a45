import { ROW16_TOKENS } from "../../../core/attention/rows.ts";
import { type TraceBlocks, traceBlocks } from "../../../core/attention/trace_blocks.ts";
import { resolveSwitches } from "../../../core/system/switches.ts";
import { fromTraceFile } from "../attention_trace.ts";
import { UserError, userFacing } from "../user_error.ts";
import type { SimulateOptions } from "./options.ts";

/**
 * The blocks that `--blocks` names; nothing without it.
 *
 * @throws {UserError} when it is no trace with rows, other options say what is read, or the run is of
 *   another prompt or longer than the trace
 */
export async function recordedBlocks(
  options: SimulateOptions,
): Promise<TraceBlocks | undefined> {
  const { blocks, rows, sparsity, locality, profile, switch: switches = [] } = options;
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
  const recorded = await fromTraceFile("--blocks", blocks, (trace) => {
    if (!trace.header.lists.includes("rows16")) throw new UserError(`--blocks: ${noRows(blocks)}`);
    return traceBlocks(trace, { readOnce });
  });
  checkLengths(recorded, blocks, options);
  return recorded;
}

/** A run reads the trace's steps, each of which had a context of its own. */
function checkLengths(
  { firstContext, budgets }: TraceBlocks,
  path: string,
  { lin, lout }: SimulateOptions,
) {
  const blocksOf = (tokens: number) => Math.ceil(tokens / ROW16_TOKENS);
  if (blocksOf(lin + 1) !== blocksOf(firstContext)) {
    throw new UserError(
      `--lin: expected ${firstContext - 1} tokens, with which ${path} begins, but found ${lin}`,
    );
  }
  if (lout - 1 > budgets.length) {
    throw new UserError(
      `--lout: expected at most ${
        budgets.length + 1
      } tokens, one more than the steps of ${path}, ` +
        `but found ${lout}`,
    );
  }
}

function noRows(path: string): string {
  return `${path}: expected a trace that carries the rows read but found their number only; ` +
    "kvpim eval and compare record them with --trace-lists rows16";
}
