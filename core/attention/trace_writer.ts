import { crc32, deflateRawSync } from "node:zlib";
import {
  FRAME_PREFIX_BYTES,
  FrameKind,
  headGroups,
  MAGIC,
  type SelectionRow,
  type TableName,
  type TableRows,
  TABLES,
  type TraceHeader,
} from "./trace_format.ts";
import { VarintWriter } from "./varint.ts";

/** The token and row lists of a selection, where the header announces them; in any order. */
export interface SelectionLists {
  tokens?: ArrayLike<number>;
  rows16?: ArrayLike<number>;
}

/** Rows of a table, or entries of lists, after which a frame is written. */
const FRAME_ROWS = 8192;
const FRAME_LIST_ENTRIES = 2 ** 20;

/**
 * Writes an attention trace as it comes: what it holds in memory does not grow with the run.
 *
 * @example
 * ```ts
 * import { TraceWriter } from "./trace_writer.ts";
 * import { readTrace } from "./trace_reader.ts";
 * import { equal } from "node:assert/strict";
 *
 * const pieces: Uint8Array[] = [];
 * const writer = new TraceWriter({
 *   version: 1,
 *   model: { name: "tiny", digest: "", layers: 6, queryHeads: 4, kvHeads: 4, headDim: 64 },
 *   policy: {
 *     name: "quest",
 *     version: "0.1.0",
 *     digest: "",
 *     budget: 32,
 *     parameters: {},
 *     denseLayers: [0, 1],
 *   },
 *   headUnit: "query-head",
 *   lists: [],
 * }, (bytes) => pieces.push(bytes));
 * writer.beginSample("book");
 * writer.selection({
 *   step: 1,
 *   layer: 2,
 *   headGroup: 3,
 *   contextTokens: 100,
 *   keptTokens: 32,
 *   sequentialRows16: 2,
 *   placedRows16: 2,
 *   sequentialDramRows: 1,
 *   placedDramRows: 1,
 * });
 * writer.endSample();
 * writer.end();
 *
 * const trace = await readTrace(pieces, "a.trace");
 * for await (const event of trace.events) {
 *   if (event.kind === "selections") equal(event.columns.keptTokens[0], 32);
 * }
 * ```
 */
export class TraceWriter {
  readonly header: TraceHeader;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #pending: Record<TableName, number[][]> = emptyTables();
  readonly #lists: { readonly name: "tokens" | "rows16"; entries: ArrayLike<number>[] }[];
  #listEntries = 0;
  #written: Record<TableName, number> = { selections: 0, accesses: 0, clusterings: 0 };
  #samples: number;
  /** The step of the last row. */
  #step = 0;
  #state: "between samples" | "in a sample" | "ended" = "between samples";

  /**
   * Starts a trace, or continues one.
   *
   * @param write takes the file's bytes in order
   * @param finishedSamples samples that were written before: 0 for a new trace; otherwise what is
   *   written goes behind the last of them
   */
  constructor(header: TraceHeader, write: (bytes: Uint8Array) => void, finishedSamples = 0) {
    this.header = header;
    this.#write = write;
    this.#samples = finishedSamples;
    this.#lists = (["tokens", "rows16"] as const)
      .filter((name) => header.lists.includes(name))
      .map((name) => ({ name, entries: [] }));
    if (finishedSamples === 0) {
      write(MAGIC);
      this.#json("header", header);
    }
  }

  /** Samples finished so far. */
  get finishedSamples(): number {
    return this.#samples;
  }

  /** Begins a sample: one prompt and its decoding. */
  beginSample(name: string) {
    this.#expect("between samples");
    this.#state = "in a sample";
    this.#step = 0;
    this.#written = { selections: 0, accesses: 0, clusterings: 0 };
    this.#json("sample", { index: this.#samples, name });
  }

  /**
   * Adds what a head group attended to.
   *
   * @throws {RangeError} if the row does not fit the header, or a list has the wrong length
   */
  selection(row: SelectionRow, lists: SelectionLists = {}) {
    if (row.layer >= this.header.model.layers || row.headGroup >= headGroups(this.header)) {
      throw new RangeError(
        `Expected a layer below ${this.header.model.layers} and a head group below ` +
          `${headGroups(this.header)} but found ${row.layer} and ${row.headGroup}`,
      );
    }
    if (row.step < 1) throw new RangeError(`Expected a step from 1 but found ${row.step}`);
    const sorted = this.#lists.map(({ name }) => {
      const expected = name === "tokens" ? row.keptTokens : row.placedRows16;
      return ascending(lists[name], expected, name);
    });
    this.#row("selections", row);
    sorted.forEach((entries, i) => {
      this.#lists[i]!.entries.push(entries);
      this.#listEntries += entries.length;
    });
    this.#flushIfFull("selections");
  }

  /** Adds memory traffic of deciding. */
  access(row: TableRows["accesses"]) {
    this.#row("accesses", row);
    this.#flushIfFull("accesses");
  }

  /** Adds clustering work. */
  clustering(row: TableRows["clusterings"]) {
    this.#row("clusterings", row);
    this.#flushIfFull("clusterings");
  }

  /** Ends a sample: from here on it is in the file whatever happens. */
  endSample() {
    this.#expect("in a sample");
    this.#flushAll();
    this.#json("sampleEnd", { index: this.#samples, ...this.#written });
    this.#samples++;
    this.#state = "between samples";
  }

  /** Ends the trace. */
  end() {
    this.#expect("between samples");
    this.#json("end", { samples: this.#samples });
    this.#state = "ended";
  }

  #row<Name extends TableName>(table: Name, row: TableRows[Name]) {
    this.#expect("in a sample");
    const values = row as unknown as Record<string, number>;
    const checked = TABLES[table].map((column) => {
      const value = values[column]!;
      if (!(Number.isSafeInteger(value) && value >= 0)) {
        throw new RangeError(`Expected ${table}.${column} to be a whole number but found ${value}`);
      }
      return value;
    });
    if (row.step < this.#step) {
      throw new RangeError(`Expected a step from ${this.#step} on but found ${row.step}`);
    }
    this.#step = row.step;
    const pending = this.#pending[table];
    checked.forEach((value, i) => pending[i]!.push(value));
  }

  /** Writes everything at once, so that what selections came from stands before them. */
  #flushIfFull(table: TableName) {
    const full = this.#pending[table][0]!.length >= FRAME_ROWS ||
      this.#listEntries >= FRAME_LIST_ENTRIES;
    if (full) this.#flushAll();
  }

  #flushAll() {
    for (const table of ["accesses", "clusterings", "selections"] as const) this.#flush(table);
  }

  #flush(table: TableName) {
    const columns = this.#pending[table];
    const rows = columns[0]!.length;
    if (rows === 0) return;
    const body = new VarintWriter();
    body.write(rows);
    for (const column of columns) {
      let before = 0;
      for (const value of column) {
        body.writeSigned(value - before);
        before = value;
      }
      column.length = 0;
    }
    if (table === "selections") this.#writeLists(body);
    this.#written[table] += rows;
    this.#frame(table, body.bytes());
  }

  #writeLists(body: VarintWriter) {
    for (const list of this.#lists) {
      for (const entries of list.entries) writeAscending(body, entries);
      list.entries = [];
    }
    this.#listEntries = 0;
  }

  #json(kind: keyof typeof FrameKind, value: unknown) {
    this.#frame(kind, new TextEncoder().encode(JSON.stringify(value)));
  }

  #frame(kind: keyof typeof FrameKind, body: Uint8Array) {
    const stored = deflateRawSync(body);
    const frame = new Uint8Array(FRAME_PREFIX_BYTES + stored.length);
    const view = new DataView(frame.buffer);
    view.setUint8(0, FrameKind[kind]);
    view.setUint32(1, stored.length, true);
    view.setUint32(5, body.length, true);
    view.setUint32(9, crc32(stored, crc32(frame.subarray(0, 9))), true);
    frame.set(stored, FRAME_PREFIX_BYTES);
    this.#write(frame);
  }

  #expect(state: "between samples" | "in a sample") {
    if (this.#state !== state) {
      throw new TypeError(`Expected the trace to be ${state} but found it ${this.#state}`);
    }
  }
}

function emptyTables(): Record<TableName, number[][]> {
  const empty = (table: TableName): number[][] => TABLES[table].map(() => []);
  return {
    selections: empty("selections"),
    accesses: empty("accesses"),
    clusterings: empty("clusterings"),
  };
}

function ascending(
  entries: ArrayLike<number> | undefined,
  expected: number,
  name: string,
): Uint32Array {
  const sorted = Uint32Array.from(entries ?? []).sort();
  if (sorted.length !== expected) {
    throw new RangeError(`Expected ${expected} ${name} but found ${sorted.length}`);
  }
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i] === sorted[i - 1]) {
      throw new RangeError(`Expected each of ${name} once but found ${sorted[i]} twice`);
    }
  }
  return sorted;
}

function writeAscending(body: VarintWriter, entries: ArrayLike<number>) {
  let before = -1;
  for (let i = 0; i < entries.length; i++) {
    body.write(entries[i]! - before - 1);
    before = entries[i]!;
  }
}
