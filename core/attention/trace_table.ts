import { headGroups, type TableName, TABLES, type TraceHeader } from "./trace_format.ts";
import { VarintReader } from "./varint.ts";

/** Lists of all rows, one behind the other. */
export interface RowLists {
  /** Where each row's list begins, and the end: rows + 1 numbers. */
  readonly offsets: Uint32Array;
  /** Entries, ascending within a row. */
  readonly values: Uint32Array;
}

/** Some consecutive rows of one table, by column. */
interface TableEventOf<Name extends TableName> {
  kind: Name;
  rows: number;
  columns: Record<typeof TABLES[Name][number], Float64Array>;
}

/** Some consecutive selections, with the lists the header announces. */
interface SelectionsEvent extends TableEventOf<"selections"> {
  tokens?: RowLists;
  rows16?: RowLists;
}

/** Some consecutive rows of a table. */
export type TableEvent =
  | SelectionsEvent
  | TableEventOf<"accesses">
  | TableEventOf<"clusterings">;

/**
 * Reads the body of a table frame.
 *
 * @throws {Error} if it is malformed or does not fit the header
 */
export function readTable(kind: TableName, body: Uint8Array, header: TraceHeader): TableEvent {
  const reader = new VarintReader(body);
  const rows = reader.read();
  const names: readonly string[] = TABLES[kind];
  if (rows * names.length > body.length) {
    throw new RangeError(`${rows} rows in ${body.length} bytes`);
  }
  const columns: Record<string, Float64Array> = {};
  for (const name of names) columns[name] = readColumn(reader, rows, name);
  const event = { kind, rows, columns } as TableEvent;
  checkLayers(event, header);
  if (event.kind === "selections") readAllLists(reader, event, header);
  if (!reader.atEnd) throw new RangeError("more bytes than the rows need");
  return event;
}

function readColumn(reader: VarintReader, rows: number, name: string): Float64Array {
  const column = new Float64Array(rows);
  let value = 0;
  for (let row = 0; row < rows; row++) {
    value += reader.readSigned();
    if (!(value >= 0 && Number.isSafeInteger(value))) throw new RangeError(`${name} ${value}`);
    column[row] = value;
  }
  return column;
}

function checkLayers({ kind, columns }: TableEvent, header: TraceHeader) {
  const layer = columns.layer.find((value) => value >= header.model.layers);
  if (layer !== undefined) throw new RangeError(`layer ${layer} of ${header.model.layers}`);
  if (kind !== "selections") return;
  if (columns.step.includes(0)) throw new RangeError("a selection of step 0");
  const groups = headGroups(header);
  const group = columns.headGroup.find((value) => value >= groups);
  if (group !== undefined) throw new RangeError(`head group ${group} of ${groups}`);
  columns.keptTokens.forEach((kept, row) => {
    const context = columns.contextTokens[row]!;
    if (kept > context) throw new RangeError(`${kept} tokens kept of ${context}`);
  });
}

function readAllLists(reader: VarintReader, event: SelectionsEvent, { lists }: TraceHeader) {
  const { contextTokens, keptTokens, placedRows16 } = event.columns;
  if (lists.includes("tokens")) {
    event.tokens = readLists(reader, keptTokens);
    const { offsets, values } = event.tokens;
    contextTokens.forEach((context, row) => {
      const last = offsets[row + 1]! > offsets[row]! ? values[offsets[row + 1]! - 1]! : -1;
      if (last >= context) throw new RangeError(`token ${last} of ${context}`);
    });
  }
  if (lists.includes("rows16")) event.rows16 = readLists(reader, placedRows16);
}

function readLists(reader: VarintReader, lengths: Float64Array): RowLists {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total > reader.bytes.length) throw new RangeError(`lists of ${total} entries`);
  const offsets = new Uint32Array(lengths.length + 1);
  const values = new Uint32Array(total);
  let at = 0;
  lengths.forEach((length, row) => {
    let value = -1;
    for (let i = 0; i < length; i++) {
      value += reader.read() + 1;
      if (value > 0xffffffff) throw new RangeError(`entry ${value}`);
      values[at++] = value;
    }
    offsets[row + 1] = at;
  });
  return { offsets, values };
}
