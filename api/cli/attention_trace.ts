import { BudgetTableError, SeveralSamplesError } from "../../core/attention/budget_table.ts";
import { TraceFormatError } from "../../core/attention/frame_reader.ts";
import { TraceBlocksError } from "../../core/attention/trace_blocks.ts";
import { readTraceFile } from "../../core/attention/trace_file.ts";
import type { AttentionTrace } from "../../core/attention/trace_reader.ts";
import { lowerFirst, UserError } from "./user_error.ts";

/**
 * Makes something of an attention trace.
 *
 * @param option what named the trace, for messages; nothing where an argument did
 * @throws {UserError} naming the option and the file, where it is no trace or nothing can be made of
 *   it
 */
export async function fromTraceFile<T>(
  option: string | undefined,
  path: string,
  make: (trace: AttentionTrace) => Promise<T>,
): Promise<T> {
  try {
    await using trace = await readTraceFile(path);
    return await make(trace);
  } catch (error) {
    const mistake = mistakeOf(error, path);
    if (mistake === undefined) throw error;
    throw new UserError(option === undefined ? mistake : `${option}: ${mistake}`);
  }
}

/** What is wrong with a file, which only the reader's own messages name. */
function mistakeOf(error: unknown, path: string): string | undefined {
  if (error instanceof TraceFormatError) return error.message;
  if (!(error instanceof BudgetTableError || error instanceof TraceBlocksError)) return undefined;
  const remedy = error instanceof SeveralSamplesError ? "; --concatenate joins them" : "";
  return `${path}: ${lowerFirst(error.message)}${remedy}`;
}
