import { readFileSync, statSync } from "node:fs";
import * as v from "valibot";
import { accessFile } from "./access_file.ts";
import { CheckpointError } from "./checkpoint_error.ts";
import { describeIssue } from "../files/issue_words.ts";

/** What the folder of these files is called where it is none. */
const FOLDER = "the folder of a checkpoint";

/**
 * An object of some shape. A list is none, which valibot by itself takes for an object.
 *
 * @param shape of the object
 */
export function jsonObject<
  Shape extends v.BaseSchema<object, unknown, v.BaseIssue<unknown>>,
>(shape: Shape) {
  return v.pipe(v.custom<v.InferInput<Shape>>(isObject, "an object"), shape);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads a JSON file that holds an object, and checks its shape.
 *
 * @throws {CheckpointError} when the file cannot be read, is no JSON or of another shape; the first
 * field that does not fit is named
 */
export function readJson<Schema extends v.GenericSchema<object>>(
  path: string,
  schema: Schema,
): v.InferOutput<Schema> {
  const value = parse(path, read(path));
  const result = v.safeParse(jsonObject(schema), value, { abortEarly: true });
  if (result.success) return result.output;
  const { place, expected, found } = describeIssue(result.issues[0]);
  throw new CheckpointError(path, place, expected, found);
}

/** As {@linkcode readJson}, but undefined when there is no such file. */
export function readJsonIfPresent<Schema extends v.GenericSchema<object>>(
  path: string,
  schema: Schema,
): v.InferOutput<Schema> | undefined {
  const found = accessFile(path, () => statSync(path, { throwIfNoEntry: false }), FOLDER);
  return found && readJson(path, schema);
}

function read(path: string): string {
  return accessFile(path, () => readFileSync(path, "utf8"), FOLDER);
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CheckpointError(path, "", "JSON", error.message);
  }
}
