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

const EVENT_STREAM = "text/event-stream";

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
        "the stream ends. Who has seen the end is answered with 204.",
      headers: {
        "Last-Event-ID": {
          description: "id of the last event that the caller has; one of no event counts as none",
          schema: { type: "integer", minimum: 0 },
        },
      },
      answers: {
        200: ["events", EVENT_STREAM],
        204: ["the caller has seen all of it", ""],
      },
      problems: [404, 429],
    }),
    (c) => {
      const run = findRun(service, c.req.param("id")!);
      const newest = service.store.events.after(run.id, 0).at(-1)!.sequence;
      const last = lastEventId(c.req.header("last-event-id"), newest);
      const isOver = isTerminal(run.state);
      if (isOver && last === newest) return c.body(null, 204);
      // Its answer has no body: nobody would ever read what a stream writes.
      if (c.req.method === "HEAD") return c.body(null, 200, { "content-type": EVENT_STREAM });
      if (streams >= streamLimit) {
        throw new ProblemError("too-many-streams", `Expected at most ${streamLimit} streams`, {}, {
          "retry-after": "5",
        });
      }
      // One that comes after the end is told the end alone.
      const after = isOver && last === 0 ? newest - 1 : last;
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

/** The event a caller has seen; none where it names one that is yet to come, of another store. */
function lastEventId(header: string | undefined, newest: number): number {
  const last = /^\d{1,15}$/.test(header ?? "") ? Number(header) : 0;
  return last > newest ? 0 : last;
}
