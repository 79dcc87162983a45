/**
 * What a finished run made, as files.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import { provenanceOf } from "../../../core/run/provenance.ts";
import { inputsOf } from "../../../core/run/execution.ts";
import type { RunRecord } from "../../../core/run/run_record.ts";
import type { Inputs } from "../../../core/run/kinds/kind.ts";
import { isUploaded } from "../../../core/run/kinds/memories.ts";
import { kinds, type RunSpec } from "../../../core/run/run_spec.ts";
import { programOfStep } from "../../../core/run/step_program.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { answerImmutable } from "../caching.ts";
import { route } from "../describe.ts";
import { ProblemError } from "../problem.ts";
import { findDoneRun, findOutput, findRun, outputBytes } from "./find_run.ts";

const CSV = "text/csv; charset=utf-8";
const TEXT = "text/plain; charset=utf-8";
const TRACE = "application/octet-stream";
const JSON_TYPE = "application/json";

/** Files by name: media type and what they hold. */
const FILES = {
  "output.csv": [CSV, "The result; of a system experiment the artifact's 51 columns"],
  "output.json": [JSON_TYPE, "The result with notes on it"],
  "steps.csv": [CSV, "What each decode step read and how long its attention took"],
  "commands.csv": [CSV, "Commands that a channel issued, if the run was asked to keep them"],
  "attention.trace": [TRACE, "What an evaluation attended to, step by step"],
  "budgets.txt": [
    TEXT,
    "Tokens that each step of an evaluation read, in whole rows: a budget table",
  ],
} as const;

function filesOf(files: typeof FILES) {
  return Object.entries(files) as [keyof typeof FILES, typeof FILES[keyof typeof FILES]][];
}

/** The routes. */
export function outputRoutes(service: RunService): Hono {
  const routes = new Hono();
  for (const [name, [type, summary]] of filesOf(FILES)) {
    routes.get(
      `/${name}`,
      route({
        tag: "runs",
        summary,
        answers: { 200: [name, type.split(";", 1)[0]!], 304: ["the caller has it", ""] },
        problems: [404, 409],
      }),
      (c) => answerFile(c, service, findDoneRun(service, c.req.param("id")!), name),
    );
  }
  routes.get(
    "/trace",
    route({
      tag: "runs",
      summary: "The trace of a run: what an evaluation attended to, or commands that were issued",
      answers: {
        200: ["attention.trace or commands.csv", TRACE],
        304: ["the caller has it", ""],
      },
      problems: [404, 409],
    }),
    (c) => {
      const run = findDoneRun(service, c.req.param("id")!);
      const name = TRACES.find((name) => run.outputs.some((output) => output.name === name));
      if (name) return answerFile(c, service, run, name);
      throw new ProblemError(
        "not-found",
        "Expected an evaluation, or a memory program that keeps its commands",
      );
    },
  );
  routes.get(
    "/steps/:step",
    route({
      tag: "runs",
      summary: "The memory program of a decode step, as a run to ask for",
      answers: { 200: ["a run that keeps its commands", kinds.dram.schema] },
      problems: [404, 409],
    }),
    async (c) => {
      const { spec } = findRun(service, c.req.param("id")!);
      return c.json(await stepRun(spec, inputsOf(spec, service.store), c.req.param("step")));
    },
  );
  return routes.get(
    "/provenance.json",
    route({
      tag: "runs",
      summary: "What another machine needs to do the run again and compare",
      answers: {
        200: ["the provenance", v.record(v.string(), v.unknown())],
        304: ["the caller has it", ""],
      },
      problems: [404, 409],
    }),
    (c) => {
      const run = findDoneRun(service, c.req.param("id")!);
      const text = () => `${JSON.stringify(provenanceOf(run, service.store), null, 2)}\n`;
      const tag = `${run.id.slice(0, 32)}-${run.finishedAt}-provenance`;
      return answerImmutable(c, text, { tag, type: JSON_TYPE });
    },
  );
}

/** Outputs that are a run's trace. */
const TRACES = ["attention.trace", "commands.csv"] as const;

function answerFile(
  c: Context,
  service: RunService,
  run: RunRecord,
  name: keyof typeof FILES,
): Response {
  return answerImmutable(c, () => outputBytes(service, run, name), {
    tag: findOutput(run, name).digest,
    type: FILES[name][0],
    fileName: `${run.id.slice(0, 12)}-${name}`,
  });
}

/** @throws {ProblemError} when the run has no such step, or its steps run in no memory */
async function stepRun(spec: RunSpec, inputs: Inputs, step: string) {
  const program = spec.kind === "simulate" && /^\d{1,8}$/.test(step)
    ? await programOfStep(spec, inputs, Number(step))
    : undefined;
  if (!program || isUploaded(spec.memory)) {
    throw new ProblemError("not-found", "Expected a step that runs in a memory of kvpim");
  }
  return { kind: "dram", memory: spec.memory, program, commands: {} };
}
