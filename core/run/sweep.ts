/**
 * Sweeps: one run for every combination of values of some fields.
 *
 * @module
 */
import * as v from "valibot";
import { canonicalJson, type Json } from "./canonical_json.ts";
import { checkSpec } from "./check_spec.ts";
import { sha256 } from "./digest.ts";
import { expecting } from "./expectation.ts";
import { hasValueAt, withValueAt } from "./json_pointer.ts";
import { NO_SOURCES, type Resolved, type Sources } from "./kinds/kind.ts";
import { record, strictObject } from "./object_schema.ts";
import { resolveRunSpec, type RunSpec } from "./run_spec.ts";
import { pointerTo, SpecError } from "./spec_error.ts";

/** Most runs of a sweep. */
export const MOST_POINTS = 10_000;

/** Characters of a value that a table shows in full. */
const LONGEST_LABEL = 200;

const pointer = v.pipe(v.string(), v.description("JSON pointer to a field of the run"));
const anything = v.pipe(v.unknown(), v.description("a value of that field"));

/** A sweep as a caller writes it. */
export const sweepSchema = v.pipe(
  strictObject({
    base: v.pipe(record(v.string(), v.unknown()), v.description("a run, as POST /v1/runs takes")),
    grid: v.optional(
      v.pipe(
        record(
          pointer,
          v.pipe(v.array(anything), v.minLength(1, expecting("at least one value"))),
        ),
        v.description("values by JSON pointer, e.g. /experiment/lout; every combination is run"),
      ),
      {},
    ),
    list: v.optional(
      v.pipe(
        v.array(record(pointer, anything)),
        v.minLength(1, expecting("at least one entry")),
        v.description("settings of several fields at once, each combined with the grid"),
      ),
      [{}],
    ),
  }),
  v.title("Sweep"),
);

/** One run of a sweep. */
interface ResolvedPoint extends Resolved<RunSpec> {
  /** Values of the swept fields, by JSON pointer. */
  readonly point: Readonly<Record<string, Json>>;
}

/** A value of a field and where it was written. */
interface Setting {
  readonly field: string;
  readonly value: Json;
  readonly source: string;
}

/**
 * The runs of a sweep, the grid's last field changing fastest.
 *
 * @throws {SpecError} when there are too many, or naming what is wrong with the first that is
 *
 * @example
 * ```ts
 * import { sweepPoints } from "./sweep.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const points = await sweepPoints({
 *   base: { kind: "simulate" },
 *   grid: { "/experiment/lin": [64, 128], "/experiment/batch": [1, 2] },
 * });
 * deepEqual(points.map(({ point }) => Object.values(point)), [[64, 1], [64, 2], [128, 1], [128, 2]]);
 * ```
 */
export async function sweepPoints(
  input: unknown,
  sources: Sources = NO_SOURCES,
): Promise<readonly ResolvedPoint[]> {
  const { base, grid, list } = checkSpec(sweepSchema, input);
  checkJson(input);
  const axes = Object.entries(grid) as [string, Json[]][];
  checkSize([list.length, ...axes.map(([, values]) => values.length)]);
  const rows: Setting[][] = (list as Record<string, Json>[]).map((entry, i) =>
    Object.entries(entry).map(([field, value]) => ({
      field,
      value,
      source: pointerTo(["list", i, field]),
    }))
  );
  const settings = axes.reduce(
    (combinations, [field, values]) =>
      combinations.flatMap((combination) =>
        values.map((value, i) => [
          ...combination,
          { field, value, source: pointerTo(["grid", field, i]) },
        ])
      ),
    rows,
  );
  const points: ResolvedPoint[] = [];
  for (const combination of settings) {
    points.push(await resolvePoint(base as Json, combination, sources));
  }
  return points;
}

/** @throws {SpecError} when a value is nested too deeply to be told from another, or ill-formed */
function checkJson(input: unknown) {
  try {
    canonicalJson(input);
  } catch (error) {
    if (error instanceof RangeError) {
      throw new SpecError("", "Expected a sweep of shallow values but found a deeper one");
    }
    throw error instanceof TypeError ? new SpecError("", error.message) : error;
  }
}

function checkSize(sizes: readonly number[]) {
  const points = sizes.reduce((product, size) => product * size, 1);
  if (points <= MOST_POINTS) return;
  throw new SpecError("", `Expected at most ${MOST_POINTS} runs but found ${points}`);
}

async function resolvePoint(
  base: Json,
  settings: readonly Setting[],
  sources: Sources,
): Promise<ResolvedPoint> {
  let run = base;
  for (const { field, value, source } of settings) {
    try {
      run = withValueAt(run, field, value);
    } catch (error) {
      throw error instanceof RangeError ? new SpecError(source, error.message) : error;
    }
  }
  try {
    const point = Object.fromEntries(settings.map(({ field, value }) => [field, named(value)]));
    return { point, ...await resolveRunSpec(run, sources) };
  } catch (error) {
    throw error instanceof SpecError ? located(error, base, settings) : error;
  }
}

/** A value without its long parts, which are named by their digests: a table is no label. */
function named(value: Json): Json {
  if (typeof value === "string") {
    return value.length > LONGEST_LABEL ? `sha256:${sha256(value)}` : value;
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const text = canonicalJson(value);
    return text.length > LONGEST_LABEL ? `sha256:${sha256(text)}` : value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, named(part)]));
}

/** A mistake of a run, where the sweep wrote it. */
function located({ pointer, mistake }: SpecError, base: Json, settings: readonly Setting[]) {
  const setting = settings.findLast(({ field }) =>
    pointer === field || pointer.startsWith(`${field}/`)
  );
  if (setting) return new SpecError(setting.source + pointer.slice(setting.field.length), mistake);
  // What the base does not have a setting made on its way to a field within it.
  const maker = hasValueAt(base, pointer)
    ? undefined
    : settings.findLast(({ field }) => field.startsWith(`${pointer}/`));
  return new SpecError(maker?.source ?? `/base${pointer}`, mistake);
}

/** The name of a sweep: SHA-256 of its points and their runs. */
export function sweepId(points: readonly { point: ResolvedPoint["point"]; run: string }[]): string {
  return sha256(canonicalJson({ sweep: points.map(({ point, run }) => ({ point, run })) }));
}
