/**
 * Errors as RFC 9457 problem details.
 *
 * @module
 */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import * as v from "valibot";
import { QueueFullError } from "../../core/run/run_service.ts";
import { shortened } from "../../core/run/expectation.ts";
import { SpecError } from "../../core/run/spec_error.ts";

/** What an error's body holds. */
export const problemSchema = v.object({
  type: v.pipe(v.string(), v.description("urn:kvpim:problem: and what kind it is")),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  pointer: v.optional(v.pipe(v.string(), v.description("JSON pointer into the request's body"))),
  parameter: v.optional(v.pipe(v.string(), v.description("name of a query parameter"))),
  expected: v.optional(v.string()),
  received: v.optional(v.string()),
  why: v.optional(v.pipe(v.string(), v.description("kind of refusal of a component"))),
  imports: v.optional(
    v.pipe(v.array(v.string()), v.description("what a component may not import")),
  ),
});

/** Longest text of a problem: what was sent is not sent back. */
const MOST_CHARACTERS = 1000;

const TITLES = {
  "invalid-spec": [400, "The spec is not valid"],
  "invalid-parameter": [400, "A query parameter is not valid"],
  "invalid-json": [400, "The body is no JSON"],
  "incomplete-body": [400, "The body ends too early"],
  "unauthorised": [401, "A token is needed"],
  "forbidden": [403, "The request does not come from here"],
  "not-found": [404, "There is no such thing"],
  "wrong-method": [405, "The method is another"],
  "conflict": [409, "The state does not allow it"],
  "too-large": [413, "The body is too large"],
  "wrong-media-type": [415, "The body is of another type"],
  "refused-plugin": [422, "The component is not run"],
  "queue-full": [429, "Too many runs wait"],
  "too-many-streams": [429, "Too many streams are open"],
  "internal": [500, "A fault of the service"],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;

/** Kind of a problem. */
type ProblemKind = keyof typeof TITLES;

/** Members of a problem beside those that follow from its kind. */
interface ProblemFacts {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly expected?: string;
  readonly received?: string;
  readonly why?: string;
  readonly imports?: readonly string[];
}

/** An error that is answered with a problem. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly kind: ProblemKind;
  readonly facts: ProblemFacts;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    kind: ProblemKind,
    detail: string,
    facts: ProblemFacts = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.kind = kind;
    this.facts = facts;
    this.headers = headers;
  }
}

/** Answers with an error's problem. */
export function answerProblem(c: Context, { kind, message, facts, headers }: ProblemError) {
  const [status, title] = TITLES[kind];
  const body = {
    type: `urn:kvpim:problem:${kind}`,
    title,
    status,
    detail: shortened(message, MOST_CHARACTERS),
    ...bounded(facts),
  };
  return c.body(JSON.stringify(body), status, {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    ...headers,
  });
}

/** Facts no longer than a problem should be; a pointer without its end would lead elsewhere. */
function bounded({ pointer, ...others }: ProblemFacts): ProblemFacts {
  return {
    ...pointer !== undefined && pointer.length <= MOST_CHARACTERS && { pointer },
    ...others,
    ...others.parameter && { parameter: shortened(others.parameter, MOST_CHARACTERS) },
    ...others.expected && { expected: shortened(others.expected, MOST_CHARACTERS) },
    ...others.received && { received: shortened(others.received, MOST_CHARACTERS) },
  };
}

/**
 * The problem that an error is.
 *
 * @param onFault called with what is no fault of the caller
 */
export function problemOf(error: unknown, onFault: (fault: unknown) => void): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof SpecError) {
    const { pointer, expected, received } = error;
    return new ProblemError("invalid-spec", error.message, { pointer, expected, received });
  }
  if (error instanceof QueueFullError) {
    return new ProblemError("queue-full", error.message, {}, { "retry-after": "5" });
  }
  if (error instanceof HTTPException && error.status < 500) {
    return new ProblemError("invalid-json", "Expected a request that can be read");
  }
  if (isBrokenBody(error)) {
    return new ProblemError("incomplete-body", "Expected a body that is sent to its end");
  }
  onFault(error);
  return new ProblemError("internal", "The service failed; its log says more");
}

/** Whether a caller left in the middle of its request, or sent what is none; Deno has two names for it. */
function isBrokenBody(error: unknown): boolean {
  return error instanceof Deno.errors.Http || error instanceof Deno.errors.BadResource;
}
