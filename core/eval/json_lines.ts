import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import * as v from "valibot";
import { describeIssue } from "../files/issue_words.ts";
import { EvaluationInputError } from "./input_error.ts";
import { decodeText, decodeUtf8, unreadableFile } from "./read_text.ts";

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

/**
 * Lines of a text file; an end without a line feed ends a line too.
 *
 * @throws {EvaluationInputError} naming the file if it cannot be read, and line and byte where it is
 *   not UTF-8
 */
export async function* readLines(path: string): AsyncGenerator<string, void, void> {
  let number = 0;
  for await (const bytes of byteLines(path)) {
    const decode = number === 0 ? decodeText : decodeUtf8;
    yield decode(bytes, `${path} line ${++number}`);
  }
}

/** Lines as bytes: a line feed is none of the bytes of another character. */
async function* byteLines(path: string): AsyncGenerator<Uint8Array, void, void> {
  let open: Uint8Array[] = [];
  for await (const piece of bytesOf(path)) {
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, start)) {
      yield Buffer.concat([...open, piece.subarray(start, end)]);
      open = [];
      start = end + 1;
    }
    if (start < piece.length) open.push(piece.subarray(start));
  }
  if (open.length > 0) yield Buffer.concat(open);
}

const LINE_FEED = 0x0a;

async function* bytesOf(path: string): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* createReadStream(path);
  } catch (error) {
    throw unreadableFile(path, error);
  }
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
  throw otherForm(where, result.issues[0]);
}

/** What to throw for a value of another form than it should have, by what is wrong with it. */
export function otherForm(where: string, issue: v.BaseIssue<unknown>): EvaluationInputError {
  const { place, expected, found } = describeIssue(issue);
  const what = found === "none" ? place : `${place || "the whole"} to be ${expected}`;
  return new EvaluationInputError(`${where}: expected ${what} but found ${found}`);
}
