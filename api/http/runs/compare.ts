/**
 * `/v1/compare`: runs side by side.
 *
 * @module
 */
import { Hono } from "hono";
import * as v from "valibot";
import { type ComparedRun, compareRuns } from "../../../core/run/compare.ts";
import { expecting } from "../../../core/run/expectation.ts";
import { strictObject } from "../../../core/run/object_schema.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { route } from "../describe.ts";
import { ProblemError } from "../problem.ts";
import { checkQuery } from "../query.ts";
import { findDoneRun, outputBytes } from "./find_run.ts";

const MOST_RUNS = 50;
const wanted = expecting(`1 to ${MOST_RUNS} ids of runs with commas between`);

const compareQuery = strictObject({
  runs: v.pipe(
    v.string(wanted),
    v.transform((list) => list.split(",").filter((id) => id !== "")),
    v.minLength(1, wanted),
    v.maxLength(MOST_RUNS, wanted),
  ),
});

const figure = v.object({
  total: v.number(),
  relative: v.pipe(v.number(), v.description("over the first run's")),
  parts: v.record(v.string(), v.number()),
});

const comparisonSchema = v.object({
  runs: v.array(v.object({
    id: v.string(),
    latency: v.pipe(figure, v.description("ms of one decode step")),
    energy: v.pipe(figure, v.description("J of one decode step of the whole batch")),
  })),
  differences: v.pipe(
    v.record(v.string(), v.array(v.unknown())),
    v.description("fields that differ, by JSON pointer: a value a run"),
  ),
});

/** The route. */
export function compareRoute(service: RunService): Hono {
  return new Hono().get(
    "/",
    route({
      tag: "runs",
      summary: "Compare finished runs of the whole system with the first of them",
      query: {
        runs: { description: "ids with commas between", schema: { type: "string" } },
      },
      answers: { 200: ["the comparison", comparisonSchema] },
      problems: [400, 404, 409],
    }),
    (c) => {
      const { runs } = checkQuery(c, compareQuery);
      return c.json(compareRuns(runs.map((id) => comparedRun(service, id))));
    },
  );
}

function comparedRun(service: RunService, id: string): ComparedRun {
  const run = findDoneRun(service, id);
  if (run.spec.kind !== "simulate") {
    throw new ProblemError("conflict", "Expected runs of the whole system", {
      expected: "simulate",
      received: run.spec.kind,
    });
  }
  const output = new TextDecoder().decode(outputBytes(service, run, "output.json"));
  return { id, spec: JSON.parse(JSON.stringify(run.spec)), row: JSON.parse(output).row };
}
