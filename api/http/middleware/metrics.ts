/**
 * What the service counts, as Prometheus reads it.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RunService } from "../../../core/run/run_service.ts";

/** Seconds that tell a stored answer from a run. */
const BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 2, 10, 60];

/** Methods that are told apart: a caller may make up any number of others. */
const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);

/** Counters of one service. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests;
  readonly #seconds;

  constructor(service: RunService) {
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: "kvpim_http_requests_total",
      help: "Requests answered",
      labelNames: ["method", "route", "status"],
      registers,
    });
    this.#seconds = new Histogram({
      name: "kvpim_http_request_duration_seconds",
      help: "Time until the answer began",
      labelNames: ["method", "route"],
      buckets: BUCKETS,
      registers,
    });
    new Gauge({
      name: "kvpim_runs",
      help: "Runs in the store",
      labelNames: ["state"],
      registers,
      collect() {
        for (const [state, runs] of Object.entries(service.store.counts())) {
          this.set({ state }, runs);
        }
      },
    });
    new Gauge({
      name: "kvpim_runs_active",
      help: "Runs this process works on",
      registers,
      collect() {
        this.set(service.active);
      },
    });
    new Gauge({
      name: "kvpim_process_resident_memory_bytes",
      help: "Memory of this process",
      registers,
      collect() {
        this.set(Deno.memoryUsage().rss);
      },
    });
  }

  /**
   * Counts requests by their route, not by their path: there are as many paths as runs. Those that
   * are refused count too.
   */
  readonly count: MiddlewareHandler = async (c, next) => {
    const begin = performance.now();
    await next();
    const route = routePath(c, -1);
    const method = METHODS.has(c.req.method) ? c.req.method : "other";
    this.#requests.inc({ method, route, status: c.res.status });
    this.#seconds.observe({ method, route }, (performance.now() - begin) / 1000);
  };

  /** All of it as text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
