import { statSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { TraceFormatError } from "../attention/frame_reader.ts";
import { readTraceFile } from "../attention/trace_file.ts";
import type { TraceHeader } from "../attention/trace_format.ts";
import { digestFile } from "./digest.ts";
import type { EvaluationRecord } from "./evaluation_record.ts";

/** A trace that is being recorded. */
export interface RecordedTrace {
  readonly path: string;
  /**
   * Ends it; it is not in its place yet.
   *
   * @returns its SHA-256, hexadecimal
   */
  finish(): string;
  /** Puts it in its place. */
  commit(): void;
}

/**
 * Whether a file is the trace that was written beside a record, to its last byte, and begins with a
 * header: neither says of which text it is, or whether it is whole, but its digest does.
 */
export async function isTraceOf(
  { traceDigest }: Pick<EvaluationRecord, "traceDigest">,
  { path, header }: { readonly path: string; readonly header: TraceHeader },
): Promise<boolean> {
  return await hasTraceDigest(path, traceDigest) && await hasHeader(path, header);
}

/** Whether a file is, to its last byte, the trace that a record has the digest of. */
export async function hasTraceDigest(path: string, digest: string | undefined): Promise<boolean> {
  // A pipe or terminal that a trace was written to is not to be read.
  if (digest === undefined || !statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  return await digestFile(path) === digest;
}

/** Whether a file is a trace that begins so. */
async function hasHeader(path: string, header: TraceHeader): Promise<boolean> {
  try {
    await using trace = await readTraceFile(path);
    return isDeepStrictEqual(trace.header, header);
  } catch (error) {
    if (error instanceof TraceFormatError) return false;
    throw error;
  }
}
