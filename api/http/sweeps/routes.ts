/**
 * `/v1/sweeps`: many runs at once, and what they show together.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { RunService } from "../../../core/run/run_service.ts";
import { sweepSchema } from "../../../core/run/sweep.ts";
import { cancelSweep, submitSweep, tableOfSweep } from "../../../core/run/sweep_service.ts";
import { sweepParquet } from "../../../core/run/sweep_parquet.ts";
import { type Objective, sweepCsv, type SweepTable } from "../../../core/run/sweep_table.ts";
import type { SweepRecord } from "../../../core/run/sweep_store.ts";
import { route } from "../describe.ts";
import { jsonBody } from "../json_body.ts";
import { ProblemError } from "../problem.ts";
import {
  checkBefore,
  checkQuery,
  nextPage,
  nextSchema,
  PAGE,
  pageQuery,
  wrongParameter,
} from "../query.ts";
import { timeText } from "../runs/representation.ts";

const progressEntries = {
  id: v.pipe(v.string(), v.description("SHA-256 of its points and their runs")),
  createdAt: v.nullable(v.string()),
  runs: v.pipe(v.record(v.string(), v.number()), v.description("runs in each state")),
  isOver: v.boolean(),
  links: v.record(v.string(), v.string()),
} as const;

const sweepView = v.object({ ...progressEntries, spec: v.unknown() });

const sweepList = v.object({
  sweeps: v.array(v.object({
    ...progressEntries,
    kind: v.pipe(v.nullable(v.string()), v.description("of its runs, if it is one")),
    model: v.pipe(v.nullable(v.string()), v.description("that its base names, if it does")),
  })),
  next: nextSchema,
});

const tableView = v.object({
  objectives: v.array(v.object({ column: v.string(), better: v.string() })),
  rows: v.array(v.looseObject({ run: v.string(), state: v.string() })),
});

const listQuery = v.object(pageQuery);

const objectivesQuery = v.object({
  minimise: v.optional(v.string()),
  maximise: v.optional(v.string()),
});

const OBJECTIVES = {
  minimise: {
    description: "columns to be kept low, with commas between; default time, energy and cycles",
    schema: { type: "string" },
  },
  maximise: { description: "columns to be kept high", schema: { type: "string" } },
} as const;

const PARQUET = "application/vnd.apache.parquet";

/** The routes. */
export function sweepRoutes(service: RunService): Hono {
  return new Hono()
    .post(
      "/",
      route({
        tag: "sweeps",
        summary: "Ask for a run for every combination of values of some fields",
        body: sweepSchema,
        answers: { 202: ["the runs are on their way", sweepView] },
        problems: [400, 413, 415, 429],
      }),
      async (c) => {
        const sweep = await submitSweep(service, await jsonBody(c));
        c.header("location", pathOf(sweep.id));
        return c.json(viewOf(service, sweep), 202);
      },
    )
    .get(
      "/",
      route({
        tag: "sweeps",
        summary: "List sweeps, the newest first",
        query: PAGE,
        answers: { 200: ["sweeps without what they ask for", sweepList] },
        problems: [400],
      }),
      (c) => {
        const { limit, before } = checkQuery(c, listQuery);
        const { sweeps } = service.store;
        checkBefore(before, (id) => sweeps.get(id) !== undefined);
        const found = sweeps.list(limit, before);
        return c.json({
          sweeps: found.map(({ kind, model, ...sweep }) => ({
            ...progressOf(service, sweep),
            kind,
            model,
          })),
          next: nextPage(c, found.map(({ id }) => id), limit),
        });
      },
    )
    .get(
      "/:id",
      route({
        tag: "sweeps",
        summary: "How far a sweep is",
        answers: { 200: ["the sweep", sweepView] },
        problems: [404],
      }),
      (c) => c.json(viewOf(service, findSweep(service, c.req.param("id")))),
    )
    .get(
      "/:id/output.json",
      route({
        tag: "sweeps",
        summary: "The table of a sweep with its Pareto front, as far as it is",
        query: OBJECTIVES,
        answers: { 200: ["the table", tableView] },
        problems: [400, 404],
      }),
      (c) => c.json(table(c, service)),
    )
    .get(
      "/:id/output.csv",
      route({
        tag: "sweeps",
        summary: "The table of a sweep with its Pareto front, as far as it is",
        query: OBJECTIVES,
        answers: { 200: ["the table", "text/csv"] },
        problems: [400, 404],
      }),
      (c) =>
        c.body(sweepCsv(table(c, service)), 200, { "content-type": "text/csv; charset=utf-8" }),
    )
    .get(
      "/:id/output.parquet",
      route({
        tag: "sweeps",
        summary: "The table of a sweep with its Pareto front, as far as it is",
        query: OBJECTIVES,
        answers: { 200: ["the table", PARQUET] },
        problems: [400, 404],
      }),
      (c) => c.body(sweepParquet(table(c, service)), 200, { "content-type": PARQUET }),
    )
    .delete(
      "/:id",
      route({
        tag: "sweeps",
        summary: "Cancel the runs of a sweep that are not over",
        answers: { 200: ["the sweep", sweepView] },
        problems: [404],
      }),
      (c) => {
        const sweep = findSweep(service, c.req.param("id"));
        cancelSweep(service, sweep.id);
        return c.json(viewOf(service, sweep));
      },
    );
}

function table(c: Context, service: RunService) {
  const { id } = findSweep(service, c.req.param("id")!);
  const { minimise, maximise } = checkQuery(c, objectivesQuery);
  if (minimise === undefined && maximise === undefined) return tableOfSweep(service, id);
  const lower = columnsOf(minimise);
  const higher = columnsOf(maximise);
  const objectives: Objective[] = [
    ...lower.map((column) => ({ column, better: "lower" as const })),
    ...higher.map((column) => ({ column, better: "higher" as const })),
  ];
  const found = tableOfSweep(service, id, objectives);
  checkColumns("minimise", lower, found);
  checkColumns("maximise", higher, found);
  return found;
}

/** @throws {ProblemError} when runs are done and none has such a figure, which is then no column */
function checkColumns(parameter: string, columns: readonly string[], { rows }: SweepTable) {
  const done = rows.map(({ figures }) => figures).filter((figures) => figures !== null);
  const unknown = columns.find((column) =>
    done.length > 0 && done.every((figures) => typeof figures[column] !== "number")
  );
  if (unknown === undefined) return;
  throw wrongParameter(parameter, "names of figures with commas between", JSON.stringify(unknown));
}

function columnsOf(list: string | undefined): string[] {
  return list?.split(",").map((name) => name.trim()).filter((name) => name !== "") ?? [];
}

function findSweep(service: RunService, id: string): SweepRecord {
  const sweep = service.store.sweeps.get(id);
  if (sweep) return sweep;
  throw new ProblemError("not-found", "Expected the id of a sweep but found another");
}

function pathOf(id: string): string {
  return `/v1/sweeps/${id}`;
}

function viewOf(service: RunService, { spec, ...sweep }: SweepRecord) {
  return { ...progressOf(service, sweep), spec };
}

function progressOf(
  service: RunService,
  { id, createdAt }: Pick<SweepRecord, "id" | "createdAt">,
) {
  const runs = service.store.sweeps.counts(id);
  const self = pathOf(id);
  return {
    id,
    createdAt: timeText(createdAt),
    runs,
    isOver: runs.queued + runs.running === 0,
    links: {
      self,
      csv: `${self}/output.csv`,
      json: `${self}/output.json`,
      parquet: `${self}/output.parquet`,
    },
  };
}
