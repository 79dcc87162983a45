import type { Context } from "hono";
import * as v from "valibot";
import { checkSpec } from "../../core/run/check_spec.ts";
import { expecting } from "../../core/run/expectation.ts";
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
 * @throws {ProblemError} naming the first parameter that is wrong
 */
export function checkQuery<const Schema extends v.GenericSchema>(
  c: Context,
  schema: Schema,
): v.InferOutput<Schema> {
  try {
    return checkSpec(schema, c.req.query());
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    const { pointer, expected, received } = error;
    const parameter = pointer.slice(1);
    throw new ProblemError("invalid-parameter", `${parameter}: expected ${expected}`, {
      parameter,
      expected,
      received,
    });
  }
}
