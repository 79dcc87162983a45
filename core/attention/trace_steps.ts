import type { AccessRow, ClusteringRow, SelectionRow, TableRows } from "./trace_format.ts";
import type { AttentionTrace } from "./trace_reader.ts";
import type { RowLists, TableEvent } from "./trace_table.ts";

/** A selection with the lists the trace carries, ascending. */
interface RecordedSelection extends SelectionRow {
  tokens?: Uint32Array;
  rows16?: Uint32Array;
}

/** Everything a trace says of one step of one sample. */
export interface TraceStep {
  /** The sample's place in the trace. */
  sample: number;
  /** The sample's name. */
  name: string;
  /** Decode step from 1; 0 is the prompt, which has no selections. */
  step: number;
  selections: RecordedSelection[];
  accesses: AccessRow[];
  clusterings: ClusteringRow[];
}

/**
 * Goes through a trace step by step, holding few of them at a time.
 *
 * @throws {TraceFormatError} as reading the trace does
 *
 * @example
 * ```ts
 * import { traceSteps } from "./trace_steps.ts";
 * import { readTraceFile } from "./trace_file.ts";
 *
 * async function meanRows(path: string): Promise<number[]> {
 *   const means: number[] = [];
 *   for await (const { step, selections } of traceSteps(await readTraceFile(path))) {
 *     const rows = selections.reduce((sum, { placedRows16 }) => sum + placedRows16, 0);
 *     if (step > 0) means.push(rows / selections.length);
 *   }
 *   return means;
 * }
 * ```
 */
export async function* traceSteps(trace: AttentionTrace): AsyncGenerator<TraceStep, void, void> {
  let sample = { index: 0, name: "" };
  let open: TraceStep[] = [];
  for await (const event of trace.events) {
    if (event.kind === "sample") {
      sample = event;
    } else if (event.kind === "sampleEnd") {
      yield* open;
      open = [];
    } else {
      addRows(open, event, { sample: sample.index, name: sample.name });
      if (event.kind === "selections") yield* open.splice(0, open.length - 1);
    }
  }
}

function addRows(open: TraceStep[], event: TableEvent, sample: { sample: number; name: string }) {
  for (let i = 0; i < event.rows; i++) {
    const step = stepOf(open, event.columns.step[i]!, sample);
    switch (event.kind) {
      case "selections":
        step.selections.push({
          ...rowOf<"selections">(event.columns, i),
          ...(event.tokens && { tokens: listOf(event.tokens, i) }),
          ...(event.rows16 && { rows16: listOf(event.rows16, i) }),
        });
        break;
      case "accesses":
        step.accesses.push(rowOf<"accesses">(event.columns, i));
        break;
      case "clusterings":
        step.clusterings.push(rowOf<"clusterings">(event.columns, i));
        break;
    }
  }
}

/** The open step of a number; steps are open in ascending order. */
function stepOf(open: TraceStep[], step: number, sample: { sample: number; name: string }) {
  let at = open.length;
  while (at > 0 && open[at - 1]!.step > step) at--;
  const known = open[at - 1];
  if (known?.step === step) return known;
  const added: TraceStep = { ...sample, step, selections: [], accesses: [], clusterings: [] };
  open.splice(at, 0, added);
  return added;
}

function rowOf<Name extends keyof TableRows>(
  columns: Readonly<Record<string, Float64Array>>,
  row: number,
): TableRows[Name] {
  const fields = Object.entries(columns).map(([name, values]) => [name, values[row]!]);
  return Object.fromEntries(fields) as TableRows[Name];
}

function listOf({ offsets, values }: RowLists, row: number): Uint32Array {
  return values.subarray(offsets[row], offsets[row + 1]);
}
