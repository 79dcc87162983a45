import { equal, match } from "node:assert/strict";
import { connect } from "node:net";
import { LONG_RUN, openService, withService } from "../../core/run/testing.ts";
import { serve } from "./serve.ts";
import { Caller } from "./testing.ts";

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
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.write(
      "POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
        "Content-Length: 100\r\n\r\n{",
    );
    await (await fetch(`${server.url}/healthz`)).body?.cancel();
    await server[Symbol.asyncDispose]();
    socket.destroy();
  }),
);
