import { equal, match } from "node:assert/strict";
import { withService } from "../../../core/run/testing.ts";
import { createApp } from "../app.ts";
import { serve } from "../serve.ts";
import { withServer } from "../testing.ts";

Deno.test(
  "without a token only names of this machine are answered, and no other site may change anything",
  withService(async (service) => {
    const app = createApp(service);
    const ask = (url: string, init: RequestInit = {}) => app.request(url, init);
    for (const host of ["localhost:1", "127.0.0.1", "[::1]:80"]) {
      equal((await ask(`http://${host}/v1/models`)).status, 200, host);
    }
    equal((await ask("http://evil.example/v1/models")).status, 403);
    equal((await ask("http://localhost.evil.example/v1/models")).status, 403);
    const crossSite = await ask("http://localhost/v1/runs", {
      method: "POST",
      headers: { "sec-fetch-site": "cross-site", "content-type": "application/json" },
      body: "{}",
    });
    equal(crossSite.status, 403);
    const preflight = await ask("http://localhost/v1/runs", {
      method: "OPTIONS",
      headers: { origin: "http://evil.example", "access-control-request-method": "POST" },
    });
    equal(preflight.headers.get("access-control-allow-origin"), null);
  }),
);

Deno.test(
  "with a token nobody is answered without it, from wherever",
  withServer(async (caller) => {
    equal((await caller.get("/v1/models")).status, 401);
    equal((await caller.get("/v1/models", { authorization: "Bearer wrong" })).status, 401);
    for (const authorization of ["Bearer secret", `Basic ${btoa("anyone:secret")}`]) {
      const response = await caller.get("/v1/models", { authorization });
      equal(response.status, 200, authorization);
      await response.body?.cancel();
    }
    equal((await caller.get("/healthz")).status, 200);
  }, { token: "secret" }),
);

Deno.test(
  "an address that others can reach needs a token",
  withService((service) => {
    let message = "";
    try {
      serve(service, { hostname: "0.0.0.0", port: 0 });
    } catch (error) {
      message = (error as Error).message;
    }
    match(message, /^Expected a token to listen on 0\.0\.0\.0/);
    return Promise.resolve();
  }),
);
