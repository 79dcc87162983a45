import type { Context } from "hono";
import { ProblemError } from "./problem.ts";

/**
 * The JSON a request carries. Other media types are refused, so that no form of another site can
 * send any.
 *
 * @throws {ProblemError} when it is none
 */
export async function jsonBody(c: Context): Promise<unknown> {
  const type = c.req.header("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new ProblemError("wrong-media-type", "Expected content-type application/json", {
      expected: "application/json",
      received: type ?? "nothing",
    });
  }
  try {
    return JSON.parse(await c.req.text());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ProblemError("invalid-json", `Expected JSON but found: ${error.message}`);
  }
}
