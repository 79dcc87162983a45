/**
 * A run as the service shows it.
 *
 * @module
 */
import * as v from "valibot";
import { isTerminal, type RunRecord } from "../../../core/run/run_record.ts";

const time = v.nullable(v.pipe(v.string(), v.description("ISO 8601")));

/** What a run's representation holds. */
export const runSchema = v.object({
  id: v.pipe(v.string(), v.description("SHA-256 of everything that determines the outputs")),
  kind: v.string(),
  state: v.picklist(["queued", "running", "done", "failed", "cancelled"]),
  spec: v.pipe(v.record(v.string(), v.unknown()), v.description("with every default filled in")),
  digests: v.record(v.string(), v.string()),
  createdAt: time,
  startedAt: time,
  finishedAt: time,
  progress: v.nullable(v.object({ done: v.number(), total: v.number() })),
  error: v.nullable(v.string()),
  outputs: v.array(v.object({
    name: v.string(),
    href: v.string(),
    sha256: v.string(),
    bytes: v.number(),
  })),
  links: v.object({ self: v.string(), events: v.string(), provenance: v.optional(v.string()) }),
  result: v.optional(v.pipe(v.unknown(), v.description("output.json, once the run is done"))),
});

/** A run's path. */
export function pathOf(id: string): string {
  return `/v1/runs/${id}`;
}

/** A run's representation, without its result. */
export function representation(run: RunRecord): v.InferOutput<typeof runSchema> {
  const self = pathOf(run.id);
  return {
    id: run.id,
    kind: run.spec.kind,
    state: run.state,
    spec: { ...run.spec },
    digests: { ...run.digests },
    createdAt: timeText(run.createdAt),
    startedAt: timeText(run.startedAt),
    finishedAt: timeText(run.finishedAt),
    progress: isTerminal(run.state) ? null : run.progress,
    error: run.error,
    outputs: run.outputs.map(({ name, digest, bytes }) => ({
      name,
      href: `${self}/${name}`,
      sha256: digest,
      bytes,
    })),
    links: {
      self,
      events: `${self}/events`,
      ...run.state === "done" && { provenance: `${self}/provenance.json` },
    },
  };
}

/** Milliseconds since 1970 as text. */
export function timeText(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
