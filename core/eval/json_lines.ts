import { createReadStream } from "node:fs";
import * as v from "valibot";
import { EvaluationInputError } from "./input_error.ts";
import { requireFile } from "./require_file.ts";

/**
 * Reads a file of one JSON value a line, without holding it whole. Lines end at line feeds only;
 * blank ones are passed over.
 *
 * @throws {EvaluationInputError} naming file and line if a line is no JSON or has another form
 */
export async function* readJsonLines<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
): AsyncGenerator<v.InferOutput<Schema>, void, void> {
  for await (const { value } of readPlacedJsonLines(path, schema)) yield value;
}

/** A value and where it is: file and line. */
export interface Placed<T> {
  readonly value: T;
  readonly place: string;
}

/** {@linkcode readJsonLines} with the place of each value, for messages about it. */
export async function* readPlacedJsonLines<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
): AsyncGenerator<Placed<v.InferOutput<Schema>>, void, void> {
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    if (line.trim() === "") continue;
    const place = `${path} line ${number}`;
    yield { value: parseJsonLine(line, schema, place), place };
  }
}

/**
 * Reads a JSON file of some form.
 *
 * @throws {EvaluationInputError} naming the file if it is absent, no JSON, or of another form
 */
export async function readJsonFile<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const text = (await Array.fromAsync(readLines(path))).join("\n");
  return parseJsonLine(text, schema, path);
}

/** Lines of a text file; an end without a line feed ends a line too. */
export async function* readLines(path: string): AsyncGenerator<string, void, void> {
  requireFile(path);
  let open = "";
  for await (const piece of createReadStream(path, { encoding: "utf8" })) {
    const lines = (piece as string).split("\n");
    if (lines.length === 1) {
      open += piece;
      continue;
    }
    yield open + lines[0];
    yield* lines.slice(1, -1);
    open = lines.at(-1)!;
  }
  if (open !== "") yield open;
}

/**
 * A JSON text of some form.
 *
 * @param where what to call its place in a message
 * @throws {EvaluationInputError} if it is no JSON or of another form
 */
export function parseJsonLine<Schema extends v.GenericSchema>(
  text: string,
  schema: Schema,
  where: string,
): v.InferOutput<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const found = JSON.stringify(text.slice(0, 60));
    throw new EvaluationInputError(`${where}: expected JSON but found ${found}`);
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = v.getDotPath(issue) ?? "the whole";
  const found = issue.received.slice(0, 60);
  throw new EvaluationInputError(
    `${where}: expected ${field} to be ${issue.expected} but found ${found}`,
  );
}
