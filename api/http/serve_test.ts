import { equal, match, ok } from "node:assert/strict";
import { connect } from "node:net";
import { LONG_RUN, openService, withService } from "../../core/run/testing.ts";
import { createApp } from "./app.ts";
import { type RunningServer, serve } from "./serve.ts";
import { Caller, withServer } from "./testing.ts";

/** A request of which one byte of a hundred is sent. */
function halfRequest({ url }: Pick<RunningServer, "url">, path: string) {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const type = path === "/v1/plugins" ? "application/wasm" : "application/json";
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\n` +
      "Content-Length: 100\r\n\r\n{",
  );
  return socket;
}

Deno.test("who waits for a run is told how it is when the service closes", async () => {
  await using opened = await openService({ width: 1 });
  const { service } = opened;
  const { settled } = service;
  const waits = Promise.withResolvers<void>();
  let count = 0;
  // Neither time nor the run's end ends these waits.
  service.settled = (id, _ms, signal) => {
    if (++count === 2) waits.resolve();
    return settled.call(service, id, Infinity, signal);
  };
  const server = serve(service, { port: 0, graceMs: 2 ** 30 });
  const caller = new Caller(server, service);
  const { id } = await (await caller.post("/v1/runs", LONG_RUN)).json();
  const waiting = [caller.post("/v1/runs?wait=60", LONG_RUN), caller.get(`/v1/runs/${id}?wait=60`)];
  await waits.promise;
  await server[Symbol.asyncDispose]();
  for (const response of await Promise.all(waiting)) {
    equal(response.ok, true);
    match((await response.json()).state, /queued|running/);
  }
});

Deno.test(
  "the service closes though a caller never sends the rest of its request",
  withService(async (service) => {
    const server = serve(service, { port: 0, graceMs: 1 });
    const socket = halfRequest(server, "/v1/runs");
    await (await fetch(`${server.url}/healthz`)).body?.cancel();
    await server[Symbol.asyncDispose]();
    socket.destroy();
  }),
);

Deno.test(
  "a caller that leaves in the middle of its request is no fault of the service",
  withServer(async (caller) => {
    const count = async () => {
      const text = await (await caller.get("/metrics")).text();
      ok(!text.includes('status="500"'));
      return [...text.matchAll(/^kvpim_http_requests_total\{method="POST",.*status="400"\} 1$/gm)];
    };
    for (const path of ["/v1/runs", "/v1/plugins"]) {
      halfRequest(caller, path).end();
    }
    while ((await count()).length < 2);
  }),
);

Deno.test(
  "a caller whose connection breaks in the middle of its request is no fault of the service",
  withService(async (service) => {
    const faults: unknown[] = [];
    const app = createApp(service, { onFault: (fault) => faults.push(fault) });
    const body = new ReadableStream({
      pull(stream) {
        stream.error(new Deno.errors.Http("unexpected EOF while reading HTTP/1 body"));
      },
    });
    const headers = { "content-type": "application/json" };
    const response = await app.request("/v1/runs", { method: "POST", headers, body });
    equal((await response.json()).type, "urn:kvpim:problem:incomplete-body");
    equal(faults.length, 0);
  }),
);
