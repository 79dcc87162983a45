/**
 * Attention traces as files.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { errorCode, errorWords } from "../files/error_words.ts";
import { WholeFile } from "../files/whole_file.ts";
import { TraceFormatError } from "./frame_reader.ts";
import type { TraceHeader } from "./trace_format.ts";
import { type AttentionTrace, readTrace, type ReadTraceOptions } from "./trace_reader.ts";
import { TraceWriter } from "./trace_writer.ts";

/** What a trace is written to: a {@linkcode WholeFile}, or one whose errors are in other words. */
export type TraceSink = Pick<WholeFile, "write" | "commit"> & Disposable;

/** The samples of an earlier run that a trace goes on behind. */
export interface KeptSamples {
  readonly count: number;
  /** Of the bytes up to their end. */
  readonly hash: Hash;
  /** SHA-256 of the trace that is in its place already, where it holds these samples and no others. */
  readonly wholeDigest?: string | undefined;
}

/**
 * A trace being written to a file. What is in its place is whole: it is replaced when the trace has
 * ended.
 *
 * @example
 * ```ts
 * import { readTraceFile, TraceFile } from "./trace_file.ts";
 * import type { TraceHeader } from "./trace_format.ts";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * const header: TraceHeader = {
 *   version: 1,
 *   model: { name: "m", digest: "", layers: 1, queryHeads: 1, kvHeads: 1, headDim: 64 },
 *   policy: { name: "p", version: "1", digest: "", budget: 2, parameters: {}, denseLayers: [] },
 *   headUnit: "query-head",
 *   lists: [],
 * };
 * using file = new TraceFile(`${folder}/a.trace`, header);
 * file.writer.beginSample("s");
 * file.writer.endSample();
 * equal(file.end().length, 64);
 * await using trace = await readTraceFile(`${folder}/a.trace`);
 * equal(trace.header.model.name, "m");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class TraceFile implements Disposable {
  readonly writer: TraceWriter;
  readonly #open: () => TraceSink;
  readonly #hash: Hash;
  readonly #wholeDigest: string | undefined;
  #sink: TraceSink | undefined;
  #isFinished = false;

  /**
   * @param open begins what is written to, when there is something to write: for a new trace, at once
   * @param kept what is there already
   */
  constructor(
    readonly path: string,
    header: TraceHeader,
    open: () => TraceSink = () => new WholeFile(path),
    kept?: KeptSamples,
  ) {
    this.#open = open;
    this.#hash = kept?.hash ?? createHash("sha256");
    this.#wholeDigest = kept?.wholeDigest;
    this.writer = new TraceWriter(header, (bytes) => this.#write(bytes), kept?.count);
  }

  /**
   * Ends the trace and puts it in its place.
   *
   * @returns its SHA-256, hexadecimal
   */
  end(): string {
    const digest = this.finish();
    this.commit();
    return digest;
  }

  /**
   * Ends the trace. Until {@linkcode commit} it lies beside its place.
   *
   * @returns its SHA-256, hexadecimal
   */
  finish(): string {
    this.#isFinished = true;
    if (!this.#sink && this.#wholeDigest !== undefined) return this.#wholeDigest;
    this.writer.end();
    return this.#hash.digest("hex");
  }

  /**
   * Puts it in its place.
   *
   * @throws {RangeError} if it has not ended
   */
  commit() {
    if (!this.#isFinished) {
      throw new RangeError(`${this.path}: expected a trace that has ended but found an open one`);
    }
    this.#sink?.commit();
  }

  /** Lets go of a trace that is not in its place; whether it stays is the sink's affair. */
  [Symbol.dispose]() {
    this.#sink?.[Symbol.dispose]();
  }

  #write(bytes: Uint8Array) {
    this.#sink ??= this.#open();
    this.#sink.write(bytes);
    this.#hash.update(bytes);
  }
}

/**
 * Opens a trace file for reading; see {@linkcode readTrace}.
 *
 * @throws {TraceFormatError} if there is no such file, or it cannot be read, too
 */
export async function readTraceFile(
  path: string,
  options?: ReadTraceOptions,
): Promise<AttentionTrace> {
  return await readTrace(bytesOf(path), path, options);
}

/** A folder, for one, is opened like a file and fails when it is read. */
async function* bytesOf(path: string): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* createReadStream(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    const found = code === "ENOENT" ? "no file" : errorWords(error, "found");
    throw new TraceFormatError(`${path}: expected an attention trace but found ${found}`);
  }
}
