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
  const text = textOf(await c.req.arrayBuffer());
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ProblemError("invalid-json", `Expected JSON but found: ${error.message}`);
  }
}

/** What is no UTF-8 would else be replaced, and another text be read than was sent. */
function textOf(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ProblemError("invalid-json", "Expected JSON in UTF-8 but found other bytes");
  }
}
