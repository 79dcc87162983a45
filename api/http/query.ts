import type { Context } from "hono";
import * as v from "valibot";
import { checkSpec } from "../../core/run/check_spec.ts";
import { expecting, shortened } from "../../core/run/expectation.ts";
import { SpecError } from "../../core/run/spec_error.ts";
import { ProblemError } from "./problem.ts";

/** A whole number in a query, between two bounds. */
export function queryNumber(least: number, most: number) {
  const message = expecting(`a whole number from ${least} to ${most}`);
  return v.pipe(
    v.string(message),
    v.regex(/^\d{1,9}$/, message),
    v.transform(Number),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
}

/**
 * The query of a request, checked.
 *
 * @param schema an object with an entry for each parameter
 * @throws {ProblemError} naming the first parameter that is wrong, unknown or given twice
 */
export function checkQuery<
  const Schema extends v.GenericSchema & { readonly entries: v.ObjectEntries },
>(c: Context, schema: Schema): v.InferOutput<Schema> {
  const names = Object.keys(schema.entries);
  for (const [parameter, values] of Object.entries(c.req.queries())) {
    if (!names.includes(parameter)) {
      throw wrongParameter(parameter, `one of the parameters ${names.join(", ")}`, "another");
    }
    if (values.length > 1) throw wrongParameter(parameter, "one value", String(values.length));
  }
  try {
    return checkSpec(schema, c.req.query());
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw wrongParameter(error.pointer.slice(1), error.expected, error.received);
  }
}

/** Longest part of a parameter's name that a message repeats. */
const SHOWN_CHARACTERS = 80;

/** The problem of a parameter that is not as expected. */
export function wrongParameter(parameter: string, expected: string, received: string) {
  return new ProblemError(
    "invalid-parameter",
    `${shortened(parameter, SHOWN_CHARACTERS)}: expected ${expected} but found ${received}`,
    { parameter, expected, received },
  );
}

const MOST_LISTED = 500;

/** Parameters of a list that is given page by page. */
export const pageQuery = {
  limit: v.optional(queryNumber(1, MOST_LISTED), "50"),
  before: v.optional(v.string()),
} as const;

/** {@linkcode pageQuery} as a route describes it. */
export const PAGE = {
  limit: {
    description: "most to give",
    schema: { type: "integer", minimum: 1, maximum: MOST_LISTED, default: 50 },
  },
  before: { description: "only older than the one of this id", schema: { type: "string" } },
} as const;

/** Schema of where the rest of a list is. */
export const nextSchema = v.nullable(v.pipe(v.string(), v.description("the rest of the list")));

/**
 * Where the rest of a list is, if there may be more.
 *
 * @param ids of what is given, the newest first
 */
export function nextPage(c: Context, ids: readonly string[], limit: number): string | null {
  if (ids.length < limit) return null;
  return `${c.req.path}?${new URLSearchParams({ ...c.req.query(), before: ids.at(-1)! })}`;
}

/**
 * Checks that a list can begin where a caller says.
 *
 * @param isKnown whether what it names is in the list
 * @throws {ProblemError} when it is not, which would look like the end of the list
 */
export function checkBefore(before: string | undefined, isKnown: (id: string) => boolean) {
  if (before === undefined || isKnown(before)) return;
  throw wrongParameter("before", "the id of one in the list", JSON.stringify(before));
}
