import { createHash, type Hash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { placeOf, WholeFile, type WholeFileOptions } from "../files/whole_file.ts";
import { firstDifference } from "./first_difference.ts";
import { TraceFormatError } from "./frame_reader.ts";
import { type KeptSamples, readTraceFile, TraceFile, type TraceSink } from "./trace_file.ts";
import type { TraceHeader } from "./trace_format.ts";

/** A trace that cannot be continued; the message says which file and why. */
export class TraceResumeError extends Error {
  override readonly name = "TraceResumeError";
}

/** What a trace goes on from. */
export interface ResumeOptions {
  /**
   * Who writes it, in the name that it has until it has ended, so that what another run left is not
   * gone on from: a digest of what makes the run what it is.
   */
  readonly writer: string;
  /** How many samples are finished, all of which it has to hold. */
  readonly finishedSamples: number;
  /** SHA-256 of the trace these samples left where they ended; that of no other is gone on behind. */
  readonly digest?: string | undefined;
  /** Begins what is written to; a {@linkcode WholeFile} unless given. */
  readonly open?: ((path: string, options: WholeFileOptions) => TraceSink) | undefined;
}

/**
 * Goes on with a trace file after an interruption, or behind one that has ended: keeps its first
 * samples and leaves out the rest. Until it has ended it lies beside its place, and stays there when
 * it is disposed of, to go on from. One that has nothing added to it is left as it is.
 *
 * @throws {TraceResumeError} if the header differs, fewer samples are there, or another's are
 * @throws {TraceFormatError} if the part to keep is damaged
 */
export async function resumeTraceFile(
  path: string,
  header: TraceHeader,
  { writer, finishedSamples, digest, open = openWhole }: ResumeOptions,
): Promise<TraceFile> {
  const own = { writer, outlastsDisposal: true };
  if (finishedSamples === 0) return new TraceFile(path, header, () => open(path, own));
  const kept = await keptSamples(path, header, { writer, finishedSamples, digest });
  const behind = { ...own, keptBytes: kept.bytes, keptOfWhole: kept.ofWhole };
  return new TraceFile(path, header, () => open(path, behind), kept);
}

/**
 * Makes sure that {@linkcode resumeTraceFile} can go on, and changes nothing.
 *
 * @throws {TraceResumeError | TraceFormatError} as that does
 */
export async function checkResumable(path: string, header: TraceHeader, options: ResumeOptions) {
  if (options.finishedSamples > 0) await keptSamples(path, header, options);
}

/** The samples to go on from: those an interrupted run left, or those of a trace that has ended. */
async function keptSamples(
  path: string,
  header: TraceHeader,
  { writer, finishedSamples, digest }: ResumeOptions,
): Promise<Kept & { readonly ofWhole: boolean }> {
  const { whole, partial } = placeOf(path, writer);
  const begun = await interrupted(partial, header, finishedSamples);
  if (begun) return { ...begun, ofWhole: false };
  return { ...await finished(whole, header, finishedSamples, digest), ofWhole: true };
}

function openWhole(path: string, options: WholeFileOptions): TraceSink {
  return new WholeFile(path, options);
}

interface Kept extends KeptSamples {
  readonly bytes: number;
}

/** The samples an interrupted run left; nothing where there are none to go on from. */
async function interrupted(
  path: string,
  header: TraceHeader,
  count: number,
): Promise<Kept | undefined> {
  if (!isFile(path)) return undefined;
  try {
    const { bytes } = await endOfSample(path, header, count);
    return { count, bytes, hash: await hashOf(path, bytes) };
  } catch (error) {
    if (error instanceof TraceResumeError || error instanceof TraceFormatError) return undefined;
    throw error;
  }
}

/** The samples of a trace that has ended. */
async function finished(
  path: string,
  header: TraceHeader,
  count: number,
  digest: string | undefined,
): Promise<Kept> {
  const expected = `${path}: expected the trace of the ${count} finished samples but found`;
  const other = `${expected} another`;
  if (!existsSync(path)) {
    throw new TraceResumeError(`${expected} none: one is recorded from the first sample on`);
  }
  if (!isFile(path)) throw new TraceResumeError(other);
  const { bytes, isLast } = await endOfSample(path, header, count);
  if (digest === undefined || (await hashOf(path)).digest("hex") !== digest) {
    throw new TraceResumeError(other);
  }
  const hash = await hashOf(path, bytes);
  return { count, bytes, hash, wholeDigest: isLast ? digest : undefined };
}

/** Where a sample ends, counted from 1, and whether none comes behind it. */
async function endOfSample(path: string, header: TraceHeader, count: number) {
  await using trace = await readTraceFile(path, { interrupted: true });
  if (!isDeepStrictEqual(trace.header, header)) {
    const { name, ours, theirs } = firstDifference(header, trace.header);
    throw new TraceResumeError(
      `${path}: a trace of another run: expected ${name} ${ours} but found ${theirs}`,
    );
  }
  const { events } = trace;
  let finished = 0;
  for (let next = await events.next(); !next.done; next = await events.next()) {
    if (next.value.kind !== "sampleEnd" || ++finished < count) continue;
    return { bytes: next.value.endOffset, isLast: await isAtEnd(events) };
  }
  throw new TraceResumeError(`${path}: expected ${count} finished samples but found ${finished}`);
}

/** Whether nothing comes any more; what comes may be damaged. */
async function isAtEnd(events: AsyncIterator<unknown>): Promise<boolean> {
  try {
    return (await events.next()).done === true;
  } catch (error) {
    if (error instanceof TraceFormatError) return false;
    throw error;
  }
}

/** A pipe or terminal is not to be read. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** SHA-256 of a file's first bytes, all unless said. */
async function hashOf(path: string, bytes = Infinity): Promise<Hash> {
  const hash = createHash("sha256");
  const range = bytes === Infinity ? {} : { end: bytes - 1 };
  for await (const piece of createReadStream(path, range)) hash.update(piece);
  return hash;
}
