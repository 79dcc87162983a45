/**
 * `/v1/runs`: asking for runs, seeing, following and cancelling them.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import { expecting } from "../../../core/run/expectation.ts";
import { isTerminal, type RunRecord } from "../../../core/run/run_record.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { kinds, runSpecSchema } from "../../../core/run/run_spec.ts";
import { answerImmutable } from "../caching.ts";
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
  queryNumber,
} from "../query.ts";
import { type EventOptions, eventRoute } from "./events.ts";
import { outputRoutes } from "./outputs.ts";
import { pathOf, representation, runSchema } from "./representation.ts";
import { doneRun, findRun } from "./find_run.ts";

/** Longest that a request waits for its run. */
const MOST_WAIT_SECONDS = 60;
const STATES = ["queued", "running", "done", "failed", "cancelled"] as const;
const KINDS = Object.keys(kinds) as (keyof typeof kinds)[];

const waitQuery = v.object({ wait: v.optional(queryNumber(0, MOST_WAIT_SECONDS), "0") });

const listQuery = v.object({
  state: v.optional(v.picklist(STATES, expecting(`one of ${STATES.join(", ")}`))),
  kind: v.optional(v.picklist(KINDS, expecting(`one of ${KINDS.join(", ")}`))),
  ...pageQuery,
});

const runList = v.object({
  runs: v.array(runSchema),
  next: nextSchema,
});

const WAIT = {
  description: `seconds to wait for the run to end, ${MOST_WAIT_SECONDS} at most`,
  schema: { type: "integer", minimum: 0, maximum: MOST_WAIT_SECONDS, default: 0 },
} as const;

/** The routes. */
export function runRoutes(service: RunService, options: EventOptions): Hono {
  /** A run once it is over, or as it is after some seconds or as the service closes. */
  function settled(c: Context, run: RunRecord, wait: number): RunRecord | Promise<RunRecord> {
    // A request's signal costs as much as the rest of a stored answer.
    if (wait === 0 || isTerminal(run.state)) return run;
    const signal = AbortSignal.any([c.req.raw.signal, options.closing]);
    return service.settled(run.id, wait * 1000, signal);
  }
  return new Hono()
    .post(
      "/",
      route({
        tag: "runs",
        summary: "Ask for a run",
        description: "Equal specs are one run: what is done already is answered at once.",
        body: runSpecSchema,
        query: { wait: WAIT },
        answers: {
          200: ["the run is over", runSchema],
          202: ["the run is on its way; Location says where to look", runSchema],
        },
        problems: [400, 413, 415, 429],
      }),
      async (c) => {
        const { wait } = checkQuery(c, waitQuery);
        const { run } = await service.submit(await jsonBody(c));
        return answerRun(c, await settled(c, run, wait), service);
      },
    )
    .get(
      "/",
      route({
        tag: "runs",
        summary: "List runs, the newest first",
        query: {
          state: { description: "only these", schema: { type: "string", enum: [...STATES] } },
          kind: { description: "only these", schema: { type: "string", enum: KINDS } },
          ...PAGE,
        },
        answers: { 200: ["runs without their results", runList] },
        problems: [400],
      }),
      (c) => {
        const { limit, state, kind, before } = checkQuery(c, listQuery);
        checkBefore(before, (id) => service.store.get(id) !== undefined);
        const runs = service.store.list({
          limit,
          ...state && { state },
          ...kind && { kind },
          ...before !== undefined && { before },
        });
        const next = nextPage(c, runs.map(({ id }) => id), limit);
        return c.json({ runs: runs.map(representation), next });
      },
    )
    .get(
      "/:id",
      route({
        tag: "runs",
        summary: "A run, with its result once it is done",
        query: { wait: WAIT },
        answers: { 200: ["the run", runSchema], 304: ["the caller has it", ""] },
        problems: [400, 404],
      }),
      async (c) => {
        const { wait } = checkQuery(c, waitQuery);
        const run = await settled(c, findRun(service, c.req.param("id")), wait);
        return run.state === "done"
          ? answerDone(c, run, service)
          : c.json(representation(run), 200, { "cache-control": "no-store" });
      },
    )
    .delete(
      "/:id",
      route({
        tag: "runs",
        summary: "Cancel a run",
        answers: { 200: ["the run is cancelled", runSchema] },
        problems: [404, 409],
      }),
      (c) => {
        const { id } = findRun(service, c.req.param("id"));
        service.cancel(id);
        const run = findRun(service, id);
        if (run.state === "cancelled") return c.json(representation(run));
        throw new ProblemError("conflict", `Expected a run that goes on but it is ${run.state}`);
      },
    )
    .route("/:id/events", eventRoute(service, options))
    .route("/:id", outputRoutes(service));
}

function answerRun(c: Context, run: RunRecord, service: RunService) {
  c.header("location", pathOf(run.id));
  if (run.state === "done") return c.body(doneRun(service, run), 200, JSON_TYPE);
  if (isTerminal(run.state)) return c.json(representation(run));
  c.header("retry-after", "1");
  return c.json(representation(run), 202);
}

const JSON_TYPE = { "content-type": "application/json" };

function answerDone(c: Context, run: RunRecord, service: RunService) {
  // What a finished run shows follows from its id and from when it was done.
  const tag = `${run.id.slice(0, 32)}-${run.finishedAt}`;
  return answerImmutable(c, () => doneRun(service, run), { tag, type: "application/json" });
}
