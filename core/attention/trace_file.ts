/**
 * Attention traces as files.
 *
 * @module
 */
import {
  closeSync,
  createReadStream,
  existsSync,
  ftruncateSync,
  openSync,
  writeSync,
} from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { TraceFormatError } from "./frame_reader.ts";
import type { TraceHeader } from "./trace_format.ts";
import { type AttentionTrace, readTrace, type ReadTraceOptions } from "./trace_reader.ts";
import { TraceWriter } from "./trace_writer.ts";

/** A trace that cannot be continued; the message says which file and why. */
export class TraceResumeError extends Error {
  override readonly name = "TraceResumeError";
}

/** A trace being written to a file. */
export interface TraceFile extends Disposable {
  readonly writer: TraceWriter;
}

/**
 * Opens a trace file for reading; see {@linkcode readTrace}.
 *
 * @throws {TraceFormatError} if there is no such file, too
 */
export async function readTraceFile(
  path: string,
  options?: ReadTraceOptions,
): Promise<AttentionTrace> {
  if (!existsSync(path)) {
    throw new TraceFormatError(`${path}: expected an attention trace but found no file`);
  }
  return await readTrace(createReadStream(path), path, options);
}

/** Starts a trace file, replacing one that is there. */
export function createTraceFile(path: string, header: TraceHeader): TraceFile {
  const file = openSync(path, "w");
  return traceFile(file, new TraceWriter(header, (bytes) => writeAll(file, bytes)));
}

/**
 * Goes on with a trace file after an interruption: keeps its first samples and cuts off the rest.
 *
 * @param finishedSamples how many samples to keep
 * @throws {TraceResumeError} if the header differs, or fewer samples are finished
 * @throws {TraceFormatError} if the part to keep is damaged
 */
export async function resumeTraceFile(
  path: string,
  header: TraceHeader,
  finishedSamples: number,
): Promise<TraceFile> {
  if (finishedSamples === 0) return createTraceFile(path, header);
  const end = await endOfSample(path, header, finishedSamples);
  const file = openSync(path, "r+");
  ftruncateSync(file, end);
  let at = end;
  const write = (bytes: Uint8Array) => {
    writeAll(file, bytes, at);
    at += bytes.length;
  };
  return traceFile(file, new TraceWriter(header, write, finishedSamples));
}

async function endOfSample(path: string, header: TraceHeader, samples: number): Promise<number> {
  await using trace = await readTraceFile(path, { interrupted: true });
  if (!isDeepStrictEqual(trace.header, header)) {
    throw new TraceResumeError(`${path}: expected a trace of the same model, policy and lists`);
  }
  let finished = 0;
  for await (const event of trace.events) {
    if (event.kind === "sampleEnd" && ++finished === samples) return event.endOffset;
  }
  throw new TraceResumeError(`${path}: expected ${samples} finished samples but found ${finished}`);
}

function traceFile(file: number, writer: TraceWriter): TraceFile {
  return { writer, [Symbol.dispose]: () => closeSync(file) };
}

function writeAll(file: number, bytes: Uint8Array, at?: number) {
  for (let done = 0; done < bytes.length;) {
    const position = at === undefined ? null : at + done;
    done += writeSync(file, bytes, done, bytes.length - done, position);
  }
}
