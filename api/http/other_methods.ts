import type { Hono } from "hono";
import { METHOD_NAME_ALL } from "hono/router";
import { ProblemError } from "./problem.ts";

/**
 * Has an application refuse methods that its paths do not have, naming those they have.
 *
 * @param app with all its routes
 */
export function refuseOtherMethods(app: Hono) {
  const routes = app.routes.filter(({ method }) => method !== METHOD_NAME_ALL);
  for (const [path, found] of Map.groupBy(routes, ({ path }) => path)) {
    const methods = new Set(found.map(({ method }) => method));
    if (methods.has("GET")) methods.add("HEAD");
    const allow = [...methods].join(", ");
    app.all(path, ({ req: { method } }) => {
      const facts = { expected: allow, received: method };
      throw new ProblemError("wrong-method", `Expected ${allow} but found ${method}`, facts, {
        allow,
      });
    });
  }
}
