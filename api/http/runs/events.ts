/**
 * `/v1/runs/ID/events`: a run as it happens, as server-sent events.
 *
 * @module
 */
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { isTerminal } from "../../../core/run/run_record.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { route } from "../describe.ts";
import { ProblemError } from "../problem.ts";
import { findRun } from "./find_run.ts";
import { timeText } from "./representation.ts";

/** How long a client waits before it comes back, ms. */
const RETRY_MS = 2000;

/** Options of the stream. */
export interface EventOptions {
  /** Ends every stream, and every wait for a run: the service is closing. */
  readonly closing: AbortSignal;
  /** Between two comments that keep a stream open, ms. Default 15,000. */
  readonly keepAliveMs?: number;
  /** Most streams at a time. Default 1000. */
  readonly streamLimit?: number;
}

/** The route. */
export function eventRoute(service: RunService, options: EventOptions): Hono {
  const { closing, keepAliveMs = 15_000, streamLimit = 1000 } = options;
  let streams = 0;
  return new Hono().get(
    "/",
    route({
      tag: "runs",
      summary: "Follow a run",
      description:
        "Events queued, running, progress, then one of done, failed and cancelled, after which " +
        "the stream ends. Last-Event-ID is honoured; who has seen the end is answered with 204.",
      answers: {
        200: ["events", "text/event-stream"],
        204: ["the caller has seen all of it", ""],
      },
      problems: [401, 404, 429],
    }),
    (c) => {
      const run = findRun(service, c.req.param("id")!);
      const last = lastEventId(c.req.header("last-event-id"));
      const isOver = isTerminal(run.state);
      if (isOver && service.store.events.after(run.id, last).length === 0) {
        return c.body(null, 204);
      }
      if (streams >= streamLimit) {
        throw new ProblemError("queue-full", `Expected at most ${streamLimit} streams`, {}, {
          "retry-after": "5",
        });
      }
      // One that comes after the end is told the end alone.
      const after = isOver && last === 0
        ? service.store.events.after(run.id, 0).at(-1)!.sequence - 1
        : last;
      streams++;
      return streamSSE(c, async (stream) => {
        const ended = new AbortController();
        stream.onAbort(() => ended.abort());
        const signal = AbortSignal.any([ended.signal, closing]);
        const keepAlive = setInterval(() => stream.write(": still here\n\n"), keepAliveMs);
        try {
          for await (const { sequence, type, at, data } of service.events(run.id, after, signal)) {
            await stream.writeSSE({
              id: String(sequence),
              event: type,
              data: JSON.stringify({ state: stateOf(type), at: timeText(at), ...data }),
              retry: RETRY_MS,
            });
          }
        } finally {
          clearInterval(keepAlive);
          streams--;
        }
      });
    },
  );
}

function stateOf(type: string): string {
  return type === "progress" ? "running" : type;
}

function lastEventId(header: string | undefined): number {
  return /^\d{1,15}$/.test(header ?? "") ? Number(header) : 0;
}
