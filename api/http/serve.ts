/**
 * The service on a port.
 *
 * @module
 */
import { isIPv4 } from "node:net";
import { atMost } from "../../core/run/at_most.ts";
import type { RunService } from "../../core/run/run_service.ts";
import { type AppOptions, createApp } from "./app.ts";

/** Options of {@linkcode serve}. */
export interface ServeOptions extends Omit<AppOptions, "closing"> {
  /** Default `"127.0.0.1"`. */
  readonly hostname?: string;
  /** Default 8787; 0 takes any that is free. */
  readonly port?: number;
  /** How long requests that are under way are waited for once it closes, ms. Default 3000. */
  readonly graceMs?: number;
}

/** A service that listens. */
export interface RunningServer extends AsyncDisposable {
  /** e.g. `"http://127.0.0.1:8787"` */
  readonly url: string;
}

/** Whether only this machine can reach an address. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" ||
    (isIPv4(hostname) && hostname.startsWith("127."));
}

/**
 * Listens, and works on what is queued.
 *
 * @throws {RangeError} when others can reach the address and there is no token, or no header could
 * carry it
 */
export function serve(service: RunService, options: ServeOptions = {}): RunningServer {
  const { hostname = "127.0.0.1", port = 8787, graceMs = 3000, ...appOptions } = options;
  if (!isLoopback(hostname) && !appOptions.token) {
    throw new RangeError(
      `Expected a token to listen on ${hostname}, which others can reach, but found none`,
    );
  }
  const closing = new AbortController();
  const app = createApp(service, { ...appOptions, closing: closing.signal });
  const server = Deno.serve({ hostname, port, onListen() {} }, app.fetch);
  service.start();
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    url: `http://${host}:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      closing.abort();
      // A caller that sends no more of its request is waited for without end.
      await atMost(graceMs, server.shutdown());
    },
  };
}
