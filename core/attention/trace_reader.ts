import * as v from "valibot";
import { ByteStream } from "./byte_stream.ts";
import { type Frame, FrameReader } from "./frame_reader.ts";
import { readTable, type TableEvent } from "./trace_table.ts";
import {
  EndSchema,
  MAGIC,
  SampleEndSchema,
  SampleSchema,
  TRACE_VERSION,
  type TraceHeader,
  TraceHeaderSchema,
} from "./trace_format.ts";

/** A sample begins. */
interface SampleEvent {
  kind: "sample";
  index: number;
  name: string;
}

/** A sample is complete. */
interface SampleEndEvent {
  kind: "sampleEnd";
  index: number;
  /** Bytes of the file up to here: it can be cut and continued at this place. */
  endOffset: number;
}

/** What comes out of a trace, in the order of the run. */
export type TraceEvent = SampleEvent | TableEvent | SampleEndEvent;

/** An open trace. Reading to the end closes it; disposing of it does in any case. */
export interface AttentionTrace extends AsyncDisposable {
  readonly header: TraceHeader;
  /** Everything after the header, once. */
  readonly events: AsyncGenerator<TraceEvent, void, void>;
}

/** How to read. */
export interface ReadTraceOptions {
  /**
   * Reads what an interrupted run left: the end of the file, even within a frame, is no error.
   * A sample without its sample-end event is incomplete.
   *
   * @default {false}
   */
  interrupted?: boolean;
}

/**
 * Opens an attention trace; its events are read as they are asked for.
 *
 * @param source the file's bytes, e.g. the `readable` of a `Deno.FsFile`
 * @param name what to call the file in messages
 * @throws {TraceFormatError} if the file is no trace, is of another version, is damaged or was cut;
 *   the events throw it too
 */
export async function readTrace(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
  options: ReadTraceOptions = {},
): Promise<AttentionTrace> {
  const frames = new FrameReader(new ByteStream(source), name);
  await frames.expectMagic();
  const first = await frames.next();
  if (first?.kind !== "header") {
    throw frames.error(first?.offset ?? MAGIC.length, "a header", first?.kind ?? "the end");
  }
  const { version } = frames.json(first, v.looseObject({ version: v.number() }));
  if (version !== TRACE_VERSION) {
    throw frames.error(first.offset, `version ${TRACE_VERSION}`, `version ${version}`);
  }
  const header = frames.json(first, TraceHeaderSchema);
  return {
    header,
    events: readEvents(frames, header, options.interrupted ?? false),
    [Symbol.asyncDispose]: () => frames.close(),
  };
}

async function* readEvents(
  frames: FrameReader,
  header: TraceHeader,
  interrupted: boolean,
): AsyncGenerator<TraceEvent, void, void> {
  const samples = new SampleChecker(frames, header);
  try {
    for (;;) {
      const frame = await frames.next(interrupted);
      if (!frame && interrupted) return;
      if (!frame) throw frames.error(frames.offset, "an end frame", "the end of the file");
      if (frame.kind === "end") {
        samples.end(frame);
        return await frames.expectNothing();
      }
      yield samples.event(frame);
    }
  } finally {
    await frames.close();
  }
}

/** Turns frames into events, and holds the file to the order and counts it promises. */
class SampleChecker {
  #rows: Record<TableEvent["kind"], number> | undefined;
  #finished = 0;

  constructor(readonly frames: FrameReader, readonly header: TraceHeader) {}

  event(frame: Frame): TraceEvent {
    switch (frame.kind) {
      case "sample":
        return this.#begin(frame);
      case "sampleEnd":
        return this.#finish(frame);
      case "selections":
      case "accesses":
      case "clusterings":
        return this.#table(frame, frame.kind);
      default:
        throw this.#misplaced(frame);
    }
  }

  end(frame: Frame) {
    const { samples } = this.frames.json(frame, EndSchema);
    if (this.#rows) throw this.#misplaced(frame);
    if (samples !== this.#finished) {
      throw this.frames.error(frame.offset, `${samples} samples`, `${this.#finished}`);
    }
  }

  #begin(frame: Frame): SampleEvent {
    const sample = this.frames.json(frame, SampleSchema);
    if (this.#rows || sample.index !== this.#finished) throw this.#misplaced(frame);
    this.#rows = { selections: 0, accesses: 0, clusterings: 0 };
    return { kind: "sample", ...sample };
  }

  #table(frame: Frame, kind: TableEvent["kind"]): TableEvent {
    if (!this.#rows) throw this.#misplaced(frame);
    const table = this.frames.guard(frame, () => readTable(kind, frame.body, this.header));
    this.#rows[kind] += table.rows;
    return table;
  }

  #finish(frame: Frame): SampleEndEvent {
    const end = this.frames.json(frame, SampleEndSchema);
    if (!this.#rows || end.index !== this.#finished) throw this.#misplaced(frame);
    for (const table of ["selections", "accesses", "clusterings"] as const) {
      if (end[table] !== this.#rows[table]) {
        throw this.frames.error(frame.offset, `${end[table]} ${table}`, `${this.#rows[table]}`);
      }
    }
    this.#rows = undefined;
    this.#finished++;
    return { kind: "sampleEnd", index: end.index, endOffset: this.frames.offset };
  }

  #misplaced(frame: Frame) {
    const expected = this.#rows
      ? `the rest of sample ${this.#finished}`
      : `sample ${this.#finished} or the end`;
    return this.frames.error(frame.offset, expected, `a ${frame.kind} frame`);
  }
}
