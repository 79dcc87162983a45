import { equal, match, ok } from "node:assert/strict";
import { withServer } from "./testing.ts";

Deno.test(
  "the OpenAPI document describes every route, and Swagger UI needs no other host",
  withServer(async (caller) => {
    const document = await (await caller.get("/openapi.json")).json();
    equal(document.openapi, "3.1.0");
    const described = Object.keys(document.paths);
    for (
      const path of [
        "/v1/runs",
        "/v1/runs/{id}/events",
        "/v1/runs/{id}/trace",
        "/v1/plugins",
        "/v1/sweeps",
        "/v1/compare",
        "/metrics",
      ]
    ) {
      ok(described.includes(path), path);
    }
    const { schema } = document.paths["/v1/runs"].post.requestBody.content["application/json"];
    equal(schema.oneOf[0].properties.experiment.properties.lin.default, 2048);
    for (
      const [path, methods] of Object.entries<Record<string, { responses: object }>>(document.paths)
    ) {
      for (const { responses } of Object.values(methods)) {
        equal("401" in responses && "403" in responses, path !== "/healthz", path);
      }
    }
    ok("304" in document.paths["/v1/runs/{id}/provenance.json"].get.responses);
    const { parameters } = document.paths["/v1/runs/{id}/events"].get;
    ok(parameters.some(({ name }: { name: string }) => name === "Last-Event-ID"));
    const start = await (await caller.get("/")).text();
    match(start, /<noscript>[^]*href="\/openapi.json"[^]*<\/noscript>/, "Swagger UI is a script");
    const page = await (await caller.get("/docs")).text();
    ok(!/https?:\/\//.test(page));
    for (const [, path] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const file = await caller.get(path!);
      equal(file.status, 200, path);
      await file.body?.cancel();
    }
  }),
);
