/**
 * Runs of the whole system side by side.
 *
 * @module
 */
import { type Breakdown, energyOf, latencyOf, sumOf } from "../system/breakdown.ts";
import type { SystemRow } from "../system/columns.ts";
import { canonicalJson, type Json } from "./canonical_json.ts";

/** A run with its result. */
export interface ComparedRun {
  readonly id: string;
  readonly spec: Json;
  readonly row: SystemRow;
}

/** A figure by where it goes, its sum, and that over the first run's. */
interface ComparedFigure {
  readonly total: number;
  readonly relative: number;
  readonly parts: Breakdown;
}

/** What runs cost for one decode step, and what of their specs differs. */
export interface Comparison {
  readonly runs: readonly {
    readonly id: string;
    /** Milliseconds. */
    readonly latency: ComparedFigure;
    /** Joules of the whole batch. */
    readonly energy: ComparedFigure;
  }[];
  /** Fields that are not the same in all, by JSON pointer: a value a run. */
  readonly differences: Readonly<Record<string, readonly (Json | undefined)[]>>;
}

/** Compares runs with the first. */
export function compareRuns(runs: readonly ComparedRun[]): Comparison {
  const [first] = runs;
  const figure = (of: (row: SystemRow) => Breakdown, row: SystemRow): ComparedFigure => {
    const total = sumOf(of(row));
    return { total, relative: total / sumOf(of(first!.row)), parts: of(row) };
  };
  return {
    runs: runs.map(({ id, row }) => ({
      id,
      latency: figure(latencyOf, row),
      energy: figure(energyOf, row),
    })),
    differences: differencesOf(runs.map(({ spec }) => spec)),
  };
}

/**
 * Fields whose values differ between values, by JSON pointer.
 *
 * @example
 * ```ts
 * import { differencesOf } from "./compare.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(differencesOf([{ a: { b: 1, c: 3 } }, { a: { b: 2, c: 3 } }]), { "/a/b": [1, 2] });
 * ```
 */
export function differencesOf(values: readonly Json[]): Record<string, (Json | undefined)[]> {
  const fields = values.map((value) => new Map(leavesOf(value, "")));
  const names = [...new Set(fields.flatMap((found) => [...found.keys()]))];
  const rows = names.map((name) => [name, fields.map((found) => found.get(name))] as const);
  return Object.fromEntries(rows.filter(([, found]) => new Set(found.map(textOf)).size > 1));
}

function textOf(value: Json | undefined): string {
  return value === undefined ? "" : canonicalJson(value);
}

/** A field that is `null` counts as left out. */
function leavesOf(value: Json, pointer: string): [string, Json][] {
  if (value === null) return [];
  if (typeof value !== "object") return [[pointer, value]];
  return Object.entries(value).flatMap(([key, part]) => leavesOf(part, `${pointer}/${key}`));
}
