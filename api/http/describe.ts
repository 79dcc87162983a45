/**
 * Descriptions of routes, from which the OpenAPI document is made.
 *
 * @module
 */
import { toJsonSchema } from "@valibot/to-json-schema";
import { describeRoute, type DescribeRouteOptions } from "hono-openapi";
import type { OpenAPIV3_1 } from "openapi-types";
import type { GenericSchema } from "valibot";
import { problemSchema } from "./problem.ts";

/** A valibot schema as JSON schema; checks that JSON schema cannot say are left out. */
export function jsonSchema(
  schema: GenericSchema,
  typeMode: "input" | "output" = "input",
): OpenAPIV3_1.SchemaObject {
  const { $schema: _, ...converted } = toJsonSchema(schema, { typeMode, errorMode: "ignore" });
  return converted as OpenAPIV3_1.SchemaObject;
}

const problem = {
  content: { "application/problem+json": { schema: jsonSchema(problemSchema) } },
};

const PROBLEMS = {
  400: "what was sent is not valid",
  401: "a token is needed",
  403: "the request does not come from here",
  404: "there is no such thing",
  409: "the state does not allow it",
  413: "the body is too large",
  415: "the body is of another type",
  422: "the component is refused: why, and what it imports",
  429: "too many wait, or follow runs",
} as const;

/** Problems of every route but those open to all. */
const OF_WHO_ASKS = [401, 403] as const;

/** What a route does, as {@linkcode route} takes it. */
interface RouteDescription {
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Schema of the body, JSON. */
  readonly body?: GenericSchema;
  /** Media types of a body of bytes. */
  readonly upload?: readonly string[];
  readonly query?: Readonly<Record<string, Parameter>>;
  /** Headers that it reads besides those of every route. */
  readonly headers?: Readonly<Record<string, Parameter>>;
  /** Answers by status; a schema means JSON, text its media type. */
  readonly answers: Readonly<
    Record<number, readonly [description: string, GenericSchema | string]>
  >;
  /** Statuses of problems it may answer with, besides those of who asks. */
  readonly problems?: readonly Exclude<keyof typeof PROBLEMS, typeof OF_WHO_ASKS[number]>[];
  /** Whether it answers whoever asks. */
  readonly isOpen?: boolean;
}

/** A parameter of a query, or a header. */
interface Parameter {
  readonly description: string;
  readonly schema: {
    readonly type: "string" | "integer";
    readonly minimum?: number;
    readonly maximum?: number;
    readonly default?: number;
    readonly enum?: string[];
  };
}

/** Describes a route; its path's parameters are found by themselves. */
export function route(description: RouteDescription) {
  const { tag, summary, body, query = {}, headers = {}, answers, isOpen = false } = description;
  const problems = [...isOpen ? [] : OF_WHO_ASKS, ...description.problems ?? []];
  const options: DescribeRouteOptions = {
    tags: [tag],
    summary,
    parameters: [...parametersIn("query", query), ...parametersIn("header", headers)],
    responses: {
      ...Object.fromEntries(problems.map((status) => [
        status,
        { description: PROBLEMS[status], ...problem },
      ])),
      ...Object.fromEntries(
        Object.entries(answers).map(([status, [text, content]]) => [status, answer(text, content)]),
      ),
    },
  };
  if (description.description) options.description = description.description;
  if (description.upload) {
    const bytes = { schema: { type: "string" as const, format: "binary" } };
    options.requestBody = {
      required: true,
      content: Object.fromEntries(description.upload.map((type) => [type, bytes])),
    };
  }
  if (body) {
    options.requestBody = {
      required: true,
      content: { "application/json": { schema: jsonSchema(body) } },
    };
  }
  return describeRoute(options);
}

function parametersIn(
  place: "query" | "header",
  parameters: Readonly<Record<string, Parameter>>,
) {
  return Object.entries(parameters).map(([name, parameter]) => ({ in: place, name, ...parameter }));
}

function answer(description: string, content: GenericSchema | string) {
  if (typeof content !== "string") {
    return {
      description,
      content: { "application/json": { schema: jsonSchema(content, "output") } },
    };
  }
  return content === ""
    ? { description }
    : { description, content: { [content]: { schema: { type: "string" as const } } } };
}
