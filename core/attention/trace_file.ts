/**
 * Attention traces as files.
 *
 * @module
 */
import {
  closeSync,
  constants,
  copyFileSync,
  createReadStream,
  existsSync,
  ftruncateSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
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

/**
 * A trace being written to a file. Until it has ended it lies beside its place, with the ending
 * `.partial`, so that what is in its place is always whole. One that has not ended when it is disposed
 * of stays there, to go on from.
 */
export interface TraceFile extends Disposable {
  readonly writer: TraceWriter;
  /** Ends the trace and puts it in its place. */
  end(): void;
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

/** Starts a trace file; one that is there is replaced when this one has ended. */
export function createTraceFile(path: string, header: TraceHeader): TraceFile {
  const place = placeOf(path);
  const file = openSync(place.partial, "w");
  return traceFile(place, file, new TraceWriter(header, (bytes) => writeAll(file, bytes)));
}

/**
 * Goes on with a trace file after an interruption, or behind one that has ended: keeps its first
 * samples and leaves out the rest.
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
  const place = placeOf(path);
  let end = await endInPartial(place, header, finishedSamples);
  if (end === undefined) {
    end = await endOfSample(path, header, finishedSamples);
    copyFileSync(place.whole, place.partial, constants.COPYFILE_FICLONE);
  }
  const file = openSync(place.partial, "r+");
  ftruncateSync(file, end);
  let at = end;
  const write = (bytes: Uint8Array) => {
    writeAll(file, bytes, at);
    at += bytes.length;
  };
  return traceFile(place, file, new TraceWriter(header, write, finishedSamples));
}

/** Where an interrupted run's samples end; nothing where there is none to go on from. */
async function endInPartial(
  { whole, partial }: Place,
  header: TraceHeader,
  samples: number,
): Promise<number | undefined> {
  if (partial === whole || !existsSync(partial)) return undefined;
  try {
    return await endOfSample(partial, header, samples);
  } catch (error) {
    if (error instanceof TraceResumeError || error instanceof TraceFormatError) return undefined;
    throw error;
  }
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

/** Where a trace is once it has ended, and until then. */
interface Place {
  readonly whole: string;
  readonly partial: string;
}

/** A link is followed; a pipe or device, which nothing can be put in the place of, is written to. */
function placeOf(path: string): Place {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isFile()) return { whole: path, partial: path };
  const whole = found ? realpathSync(path) : path;
  return { whole, partial: `${whole}.partial` };
}

function traceFile({ whole, partial }: Place, file: number, writer: TraceWriter): TraceFile {
  let isOpen = true;
  const close = () => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  return {
    writer,
    end() {
      writer.end();
      close();
      if (partial !== whole) renameSync(partial, whole);
    },
    [Symbol.dispose]: close,
  };
}

function writeAll(file: number, bytes: Uint8Array, at?: number) {
  for (let done = 0; done < bytes.length;) {
    const position = at === undefined ? null : at + done;
    done += writeSync(file, bytes, done, bytes.length - done, position);
  }
}
