/**
 * For tests only: a service that answers, and callers of it.
 *
 * @module
 */
import type { RunService } from "../../core/run/run_service.ts";
import { openService } from "../../core/run/testing.ts";
import { sharedByTests } from "../../core/testing/shared_by_tests.ts";
import { type RunningServer, serve, type ServeOptions } from "./serve.ts";

/** A caller of a service. */
export class Caller {
  readonly url: string;
  readonly service: RunService;

  constructor(server: RunningServer, service: RunService) {
    this.url = server.url;
    this.service = service;
  }

  /** Sends a value as JSON. */
  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url + path, { headers });
  }

  /** Asks for a run and waits until it is over. */
  async done(spec: unknown) {
    const response = await this.post("/v1/runs?wait=60", spec);
    return await response.json();
  }
}

/** Options of a service that tests call. */
interface TestServerOptions extends ServeOptions {
  readonly queueLimit?: number;
  readonly width?: number;
}

/** Runs a test with a service that listens on a port of its own; no fault is let pass. */
export function withServer(
  test: (caller: Caller) => Promise<void>,
  options: TestServerOptions = {},
): () => Promise<void> {
  return async () => {
    const faults: unknown[] = [];
    {
      await using opened = await openServer((fault) => faults.push(fault), options);
      await test(opened.caller);
    }
    if (faults.length > 0) throw faults[0];
  };
}

/**
 * Runs the tests of a file with one service and one thread, so that what runs need is loaded once; no
 * fault is let pass. A run's name is its content, so that tests do not meet, whatever their order.
 */
export function sharedServer(): (test: (caller: Caller) => Promise<void>) => () => Promise<void> {
  const faults: unknown[] = [];
  const opened = sharedByTests(() => openServer((fault) => faults.push(fault), { width: 1 }));
  return (test) => async () => {
    await test((await opened()).caller);
    if (faults.length > 0) throw faults.pop();
  };
}

async function openServer(
  onFault: (fault: unknown) => void,
  { queueLimit, width, ...serveOptions }: TestServerOptions,
): Promise<{ readonly caller: Caller } & AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const { service } = opened.use(
    await openService({
      onFault,
      ...queueLimit !== undefined && { queueLimit },
      ...width !== undefined && { width },
    }),
  );
  const server = opened.use(serve(service, { port: 0, onFault, ...serveOptions }));
  const kept = opened.move();
  return { caller: new Caller(server, service), [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
