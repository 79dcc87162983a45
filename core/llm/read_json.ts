import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import { CheckpointError } from "./checkpoint_error.ts";

/**
 * Reads a JSON file and checks its shape.
 *
 * @throws {CheckpointError} when the file is missing, no JSON or of another shape; the first
 * field that does not fit is named
 */
export function readJson<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
): v.InferOutput<Schema> {
  const value = parse(path, read(path));
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue) ?? "";
  throw new CheckpointError(path, field, issue.expected ?? issue.message, issue.received);
}

/** As {@linkcode readJson}, but undefined when there is no such file. */
export function readJsonIfPresent<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
): v.InferOutput<Schema> | undefined {
  try {
    Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return readJson(path, schema);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOTDIR") {
      throw new CheckpointError(dirname(path), "", "the folder of a checkpoint", "a file");
    }
    if (code === "EISDIR") throw new CheckpointError(path, "", "a file", "a folder");
    if (code !== "ENOENT") throw error;
    throw new CheckpointError(path, "", "a file", "none");
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CheckpointError(path, "", "JSON", error.message);
  }
}
