/**
 * The OpenAPI document and Swagger UI, from the service itself.
 *
 * @module
 */
import { Hono } from "hono";
import { openAPIRouteHandler } from "hono-openapi";
import swaggerPath from "swagger-ui-dist/absolute-path.js";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const FILES = {
  "swagger-ui.css": "text/css",
  "swagger-ui-bundle.js": "text/javascript",
} as const;

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>kvpim: HTTP interface</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<main id="interface"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
`;

const START = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#interface" });\n`;

/** Swagger UI sets styles in place and holds its pictures in its style sheet. */
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/**
 * The routes.
 *
 * @param described the application whose routes are documented
 */
export function docsRoutes(described: Hono): Hono {
  const routes = new Hono()
    .get(
      "/openapi.json",
      openAPIRouteHandler(described, {
        documentation: {
          openapi: "3.1.0",
          info: {
            title: "kvpim",
            version: "1",
            description: "What does it cost to read an LLM's KV cache this way, and what is lost?",
          },
          components: {
            securitySchemes: { token: { type: "http", scheme: "bearer" } },
          },
          security: [{}, { token: [] }],
        },
      }),
    )
    .get("/docs", (c) => c.html(PAGE, 200, { "content-security-policy": POLICY }))
    .get("/docs/start.js", (c) => c.body(START, 200, { "content-type": "text/javascript" }));
  for (const [name, type] of Object.entries(FILES)) {
    routes.get(`/docs/${name}`, async (c) => {
      const bytes = new Uint8Array(await readFile(join(swaggerPath(), name)));
      return c.body(bytes, 200, { "content-type": type, "cache-control": "max-age=86400" });
    });
  }
  return routes;
}
