import { existsSync, readFileSync, statSync } from "node:fs";
import { parse } from "csv/sync";
import { errorWords } from "../../../core/files/error_words.ts";
import { columns, type SystemRow } from "../../../core/system/columns.ts";
import { csvHeader, csvRow } from "../../../core/system/csv.ts";
import { OutputFile, writeFile } from "../output_file.ts";
import { UserError } from "../user_error.ts";
import type { SimulateOptions } from "./options.ts";

/** Where results go. */
interface ResultFile {
  readonly path: string;
  /** Whether rows are added to what is there. */
  readonly append: boolean;
}

/** Standard name of the artifact. */
const STANDARD_PATH = "output.csv";

/** The file that options name; none where results go to standard output as JSON. */
export function resultFileOf(
  { output, append, json }: Pick<SimulateOptions, "output" | "append" | "json">,
): ResultFile | undefined {
  if (json && output === undefined && !append) return undefined;
  return { path: output ?? STANDARD_PATH, append };
}

/**
 * Finds out before anything is simulated whether the results can be written.
 *
 * @throws {UserError} when they cannot, or when rows are to be added to another kind of file
 */
export function checkResultFile({ path, append }: ResultFile) {
  if (!append || !isThere(path)) return OutputFile.check("--output", path);
  const header = headerOf(readText(path));
  if (header !== "" && header !== csvHeader) {
    throw new UserError(
      `--append: expected ${path} line 1 to be the 51 columns of a result but found ` +
        JSON.stringify(header.slice(0, 80)),
    );
  }
  addTo(path, "");
}

/**
 * Writes rows in the artifact's columns and formats. A file that is there is replaced as a whole,
 * or added to in one write, so that several processes may add rows to it.
 */
export function writeResults({ path, append }: ResultFile, rows: readonly SystemRow[]) {
  const lines = rows.map((row) => `${csvRow(row)}\n`).join("");
  if (append) addRows(path, lines);
  else writeFile("--output", path, `${csvHeader}\n${lines}`);
}

function addRows(path: string, lines: string) {
  const table = `${csvHeader}\n${lines}`;
  if (made(path, table)) return;
  const earlier = isThere(path) ? readText(path) : "";
  if (earlier === "") addTo(path, table);
  else addTo(path, earlier.endsWith("\n") ? lines : `\n${lines}`);
}

/** Makes a file, unless there is one, perhaps since a moment ago. */
function made(path: string, text: string): boolean {
  try {
    Deno.writeTextFileSync(path, text, { createNew: true });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw unwritable(path, error);
  }
}

/** A result with its columns in the order of the table, for JSON. */
export function inColumnOrder(row: SystemRow): Partial<SystemRow> {
  return Object.fromEntries(columns.map(({ name }) => [name, row[name]]));
}

/** Whether there is something to add to; a device or a pipe holds nothing. */
function isThere(path: string): boolean {
  // What cannot be looked at is told by whoever opens it.
  if (!existsSync(path)) return false;
  const found = statSync(path);
  return found.isFile() || found.isDirectory();
}

function addTo(path: string, text: string) {
  try {
    Deno.writeTextFileSync(path, text, { append: true, create: false });
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, error: unknown): UserError {
  const reason = errorWords(error, "reason");
  return new UserError(
    `--output: expected a file that can be written but found ${path}: ${reason}`,
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(
      `--append: expected a result but found ${path}: ${errorWords(error, "reason")}`,
    );
  }
}

/** The first row, its quoting undone; the line itself where it is no CSV. */
function headerOf(text: string): string {
  try {
    const records: string[][] = parse(text, { to: 1, bom: true, relax_column_count: true });
    return records[0]?.join(",") ?? "";
  } catch {
    return text.split("\n", 1)[0]!;
  }
}
