/**
 * The page and its files. Nothing of it comes from another host.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { sha256 } from "../../../core/run/digest.ts";
import { ProblemError } from "../problem.ts";
import { pageScripts } from "./bundle.ts";

const VIEWS = [
  "/",
  "/evaluate",
  "/plugins",
  "/plugins/:id",
  "/runs",
  "/runs/:id",
  "/compare",
  "/sweeps",
  "/sweeps/:id",
];

const FILES = {
  "style.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml",
} as const;

/** The routes. */
export function pageRoutes(): Hono {
  const routes = new Hono();
  for (const view of VIEWS) {
    routes.get(view, async (c) => answer(c, await read("index.html"), "text/html; charset=utf-8"));
  }
  for (const [name, type] of Object.entries(FILES)) {
    routes.get(`/assets/${name}`, async (c) => answer(c, await read(name), type));
  }
  return routes.get("/assets/:script", async (c) => {
    const script = (await pageScripts()).get(c.req.param("script"));
    if (!script) throw new ProblemError("not-found", "Expected a file of the page");
    return answer(c, script, "text/javascript; charset=utf-8");
  });
}

/** Answers with a file, or with nothing where the browser has it already. */
function answer(c: Context, bytes: Uint8Array<ArrayBuffer>, type: string) {
  const etag = `"${sha256(bytes).slice(0, 32)}"`;
  c.header("etag", etag);
  c.header("cache-control", "no-cache");
  if (c.req.header("if-none-match") === etag) return c.body(null, 304);
  return c.body(bytes, 200, { "content-type": type });
}

async function read(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(new URL(name, import.meta.url));
}
