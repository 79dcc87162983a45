/**
 * The runs of a sweep as one table.
 *
 * @module
 */
import { stringify } from "csv/sync";
import type { Json } from "./canonical_json.ts";
import { paretoFront } from "./pareto.ts";
import type { RunRecord } from "./run_record.ts";
import type { SweepPoint } from "./sweep_store.ts";

/** A figure to be kept low or high. */
export interface Objective {
  readonly column: string;
  readonly better: "lower" | "higher";
}

/**
 * What is weighed where nothing else is said: perplexity, time and energy of a decode step, cycles
 * alone.
 */
const STANDARD_OBJECTIVES: readonly Objective[] = [
  { column: "perplexity", better: "lower" },
  { column: "g_time (ms)", better: "lower" },
  { column: "g_energy (nJ)", better: "lower" },
  { column: "cycles", better: "lower" },
];

/** One run of a sweep. */
export interface SweepRow {
  readonly point: SweepPoint["point"];
  readonly run: string;
  readonly state: RunRecord["state"];
  /** Figures of its result; `null` until it is done. */
  readonly figures: Readonly<Record<string, Json>> | null;
  /** Whether no other run is better in every objective; `null` where it has none of them. */
  readonly isOnParetoFront: boolean | null;
}

/** A sweep's table. */
export interface SweepTable {
  readonly objectives: readonly Objective[];
  readonly rows: readonly SweepRow[];
}

/**
 * The table of a sweep.
 *
 * @param figuresOf figures of a finished run
 * @param wanted what to weigh; of what is wanted, what all finished runs have
 */
export function sweepTable(
  points: readonly SweepPoint[],
  figuresOf: (run: RunRecord) => Readonly<Record<string, Json>>,
  wanted: readonly Objective[] = STANDARD_OBJECTIVES,
): SweepTable {
  const figures = points.map(({ run }) => run.state === "done" ? figuresOf(run) : null);
  const done = figures.filter((row) => row !== null);
  const objectives = wanted.filter(({ column }) =>
    done.length > 0 && done.every((row) => typeof row[column] === "number")
  );
  const costs = done.map((row) =>
    objectives.map(({ column, better }) => Number(row[column]) * (better === "lower" ? 1 : -1))
  );
  const front = new Map(paretoFront(costs).map((isOn, i) => [done[i], isOn]));
  const rows = points.map(({ point, run }, i) => ({
    point,
    run: run.id,
    state: run.state,
    figures: figures[i]!,
    isOnParetoFront: objectives.length > 0 ? front.get(figures[i]!) ?? null : null,
  }));
  return { objectives, rows };
}

/** A column of a sweep's table. */
interface TableColumn {
  readonly name: string;
  /** A value a run; `undefined` where it has none. */
  readonly values: readonly (Json | undefined)[];
}

/** The table as columns: one a swept field, then the run, then its figures. */
export function tableColumns({ rows }: SweepTable): TableColumn[] {
  const fields = namesIn(rows.map(({ point }) => point));
  const figures = namesIn(rows.map(({ figures }) => figures ?? {}));
  const column = (name: string, of: (row: SweepRow) => Json | undefined) => ({
    name,
    values: rows.map(of),
  });
  return [
    ...fields.map((name) => column(name, ({ point }) => point[name])),
    column("run", ({ run }) => run),
    column("state", ({ state }) => state),
    column("pareto", ({ isOnParetoFront }) => isOnParetoFront ?? undefined),
    ...figures.map((name) => column(name, ({ figures }) => figures?.[name])),
  ];
}

/** The table as CSV. */
export function sweepCsv(table: SweepTable): string {
  const columns = tableColumns(table);
  const lines = table.rows.map((_, i) => columns.map(({ values }) => cell(values[i])));
  return stringify([columns.map(({ name }) => name), ...lines]);
}

function namesIn(records: readonly object[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}

function cell(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
