/**
 * What a finished run made, as files.
 *
 * @module
 */
import { Hono } from "hono";
import * as v from "valibot";
import { provenanceOf } from "../../../core/run/provenance.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { answerImmutable } from "../caching.ts";
import { route } from "../describe.ts";
import { findDoneRun, outputBytes } from "./find_run.ts";

const CSV = "text/csv; charset=utf-8";
const JSON_TYPE = "application/json";

/** Files by name: media type and what they hold. */
const FILES = {
  "output.csv": [CSV, "The result; of a system experiment the artifact's 51 columns"],
  "output.json": [JSON_TYPE, "The result with notes on it"],
  "steps.csv": [CSV, "What each decode step read and how long its attention took"],
} as const;

/** The routes. */
export function outputRoutes(service: RunService): Hono {
  const routes = new Hono();
  for (const [name, [type, summary]] of Object.entries(FILES)) {
    routes.get(
      `/${name}`,
      route({
        tag: "runs",
        summary,
        answers: { 200: [name, type.split(";", 1)[0]!], 304: ["the caller has it", ""] },
        problems: [401, 404, 409],
      }),
      (c) => {
        const run = findDoneRun(service, c.req.param("id")!);
        const digest = run.outputs.find((output) => output.name === name)?.digest ?? "";
        c.header("content-disposition", `inline; filename="${run.id.slice(0, 12)}-${name}"`);
        return answerImmutable(c, () => outputBytes(service, run, name), { tag: digest, type });
      },
    );
  }
  return routes.get(
    "/provenance.json",
    route({
      tag: "runs",
      summary: "What another machine needs to do the run again and compare",
      answers: { 200: ["the provenance", v.record(v.string(), v.unknown())] },
      problems: [401, 404, 409],
    }),
    (c) => {
      const run = findDoneRun(service, c.req.param("id")!);
      const text = () => `${JSON.stringify(provenanceOf(run, service.store), null, 2)}\n`;
      const tag = `${run.id.slice(0, 32)}-${run.finishedAt}-provenance`;
      return answerImmutable(c, text, { tag, type: JSON_TYPE });
    },
  );
}
