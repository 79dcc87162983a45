/**
 * How large bodies may be: components are larger than anything else that is sent.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ProblemError } from "../problem.ts";

/** Where components are sent to. */
const UPLOADS = "/v1/plugins";

/** Refuses bodies that are larger than may be, those of components and all others. */
export function bodyLimits(bytes: number, uploadBytes: number): MiddlewareHandler {
  const others = limit(bytes);
  const uploads = limit(uploadBytes);
  return (c, next) => {
    if (c.req.method === "GET" || c.req.method === "HEAD") return next();
    return (c.req.path === UPLOADS ? uploads : others)(c, next);
  };
}

function limit(maxSize: number): MiddlewareHandler {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new ProblemError("too-large", `Expected at most ${maxSize} bytes`);
    },
  });
}
