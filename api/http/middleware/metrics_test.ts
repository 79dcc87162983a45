import { match, ok } from "node:assert/strict";
import { smallRun } from "../../../core/run/testing.ts";
import { withServer } from "../testing.ts";

Deno.test(
  "metrics count requests by route and runs by state",
  withServer(async (caller) => {
    const { id } = await caller.done(smallRun());
    await (await caller.get(`/v1/runs/${id}`)).body?.cancel();
    const text = await (await caller.get("/metrics")).text();
    match(text, /^kvpim_runs\{state="done"\} 1$/m);
    match(
      text,
      /^kvpim_http_requests_total\{method="GET",route="\/v1\/runs\/:id",status="200"\} 1$/m,
    );
    ok(!text.includes(id));
  }),
);

Deno.test(
  "metrics do not grow with the methods that callers make up",
  withServer(async (caller) => {
    for (const method of ["MAKE", "MADE", "UP"]) {
      await (await fetch(`${caller.url}/v1/runs`, { method })).body?.cancel();
    }
    const text = await (await caller.get("/metrics")).text();
    match(text, /^kvpim_http_requests_total\{method="other",route="[^"]*",status="405"\} 3$/m);
    ok(!/MA[KD]E|UP/.test(text));
  }),
);
