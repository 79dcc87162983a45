import { stringify } from "csv/sync";
import { errorWords } from "../../../core/files/error_words.ts";
import { readTextAtMost } from "../../../core/files/read_bytes.ts";
import type { MemoryResult } from "../../../core/memory/memory_model.ts";
import { type MemoryChoice, openMemory } from "../memory_access.ts";
import { OutputFile, writeFile } from "../output_file.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";
import { locatingAsync, UserError } from "../user_error.ts";
import { type JobTable, readJobs } from "./job_table.ts";

/** Options of a table of programs. */
interface JobOptions extends MemoryChoice {
  readonly jobs: string;
  readonly output?: string;
}

/** Result columns, in the order they are added. */
const RESULT_COLUMNS = {
  cycle: "cycles",
  mac: "mac",
  sfm: "softmax",
  mvgb: "mvgb",
  mvsb: "mvsb",
  wrgb: "wrgb",
} as const satisfies Record<string, keyof MemoryResult>;

const MOST_TABLE_BYTES = 2 ** 26;

/** Runs the programs of a table and writes the table with their results. */
export async function runJobs(options: JobOptions, surroundings: Surroundings) {
  const { jobs, output } = options;
  const table = readJobs(textOf(jobs), jobs);
  if (output !== undefined) OutputFile.check("--output", output);
  using opened = await openMemory(
    options,
    surroundings.env,
    table.programs.map(({ pim }) => pim),
  );
  using progress = new Progress(surroundings, jobs, undefined, "programs");
  const results = await locatingAsync(
    jobs,
    () => opened.memory.simulate(table.programs, (done, total) => progress.update(done, total)),
  );
  const text = tableText(table, results);
  if (output === undefined) surroundings.out(text);
  else writeFile("--output", output, text);
}

function textOf(path: string): string {
  try {
    return readTextAtMost(path, MOST_TABLE_BYTES);
  } catch (error) {
    throw new UserError(
      `--jobs: expected a CSV table but found ${path}: ${errorWords(error, "reason")}`,
    );
  }
}

function tableText({ columns, rows, newline }: JobTable, results: readonly MemoryResult[]): string {
  const added = Object.keys(RESULT_COLUMNS).filter((column) => !columns.includes(column));
  const records = rows.map((row, i) => ({
    ...row,
    ...Object.fromEntries(
      Object.entries(RESULT_COLUMNS).map(([column, name]) => [column, String(results[i]![name])]),
    ),
  }));
  return stringify(records, {
    header: true,
    columns: [...columns, ...added],
    record_delimiter: newline,
  });
}
