/**
 * The service as one function from request to response.
 *
 * @module
 */
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import * as v from "valibot";
import { DEFAULT_LIMITS } from "../../core/host/limits.ts";
import type { RunService } from "../../core/run/run_service.ts";
import { catalogRoutes } from "./catalog/routes.ts";
import { route } from "./describe.ts";
import { docsRoutes } from "./docs.ts";
import { bodyLimits } from "./middleware/body_limits.ts";
import { guard } from "./middleware/guard.ts";
import { Metrics } from "./middleware/metrics.ts";
import { refuseOtherMethods } from "./other_methods.ts";
import { pageRoutes } from "./page/routes.ts";
import { pluginRoutes } from "./plugins/routes.ts";
import { answerProblem, ProblemError, problemOf } from "./problem.ts";
import { compareRoute } from "./runs/compare.ts";
import type { EventOptions } from "./runs/events.ts";
import { runRoutes } from "./runs/routes.ts";
import { sweepRoutes } from "./sweeps/routes.ts";

/** Options of {@linkcode createApp}. */
export interface AppOptions extends Partial<EventOptions> {
  /** What callers must send. Default: nothing, and only this machine is answered. */
  readonly token?: string | undefined;
  /** Largest body, in bytes. Default 4 MiB. */
  readonly bodyLimitBytes?: number;
  /** Largest component that is uploaded, in bytes. Default 32 MiB. */
  readonly uploadLimitBytes?: number;
  /** Called with faults of the service; callers are not told of them. */
  readonly onFault?: (fault: unknown) => void;
}

/**
 * The service.
 *
 * @example
 * ```ts
 * import { createApp } from "./app.ts";
 * import { RunService } from "../../core/run/run_service.ts";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   await using service = await RunService.open({ folder, width: 1 });
 *   const response = await createApp(service).request("http://localhost/healthz");
 *   equal(response.status, 200);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function createApp(service: RunService, options: AppOptions = {}): Hono {
  const { token, onFault = () => {}, ...others } = options;
  const {
    bodyLimitBytes = 4 * 2 ** 20,
    uploadLimitBytes = DEFAULT_LIMITS.fileBytes,
    ...events
  } = others;
  const closing = events.closing ?? new AbortController().signal;
  const metrics = new Metrics(service);
  const app = new Hono();
  app.onError((error, c) => answerProblem(c, problemOf(error, onFault)));
  app.notFound((c) => answerProblem(c, new ProblemError("not-found", "Expected another path")));
  app.use(metrics.count);
  app.use(secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      imgSrc: ["'self'", "data:", "blob:"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      frameAncestors: ["'none'"],
    },
    crossOriginOpenerPolicy: "same-origin",
    strictTransportSecurity: false,
  }));
  app.use(guard({ token }));
  app.use(bodyLimits(bodyLimitBytes, uploadLimitBytes));
  app.get(
    "/healthz",
    route({
      tag: "service",
      summary: "Whether the service is there",
      isOpen: true,
      answers: { 200: ["it is", v.object({ status: v.literal("ok") })] },
    }),
    (c) => c.json({ status: "ok" }, 200, { "cache-control": "no-store" }),
  );
  app.get(
    "/metrics",
    route({
      tag: "service",
      summary: "Counters, as Prometheus reads them",
      answers: { 200: ["counters", "text/plain"] },
    }),
    async (c) => c.text(await metrics.text()),
  );
  app.route("/v1/runs", runRoutes(service, { ...events, closing }));
  app.route("/v1/plugins", pluginRoutes(service));
  app.route("/v1/sweeps", sweepRoutes(service));
  app.route("/v1/compare", compareRoute(service));
  app.route("/v1", catalogRoutes(service));
  app.route("/", docsRoutes(app));
  app.route("/", pageRoutes());
  refuseOtherMethods(app);
  return app;
}
