import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../../core/files/make_folder.ts";
import { provenanceOf } from "../../../core/run/provenance.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { OutputFile } from "../output_file.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";
import { findDoneRun } from "./find_run.ts";

const FOLDER = "export";
const PROVENANCE = "provenance.json";

/**
 * Writes what a run made, and its provenance: all of it or nothing.
 *
 * @throws {StoreError} when the store lost some of it
 * @throws {UserError} when the folder cannot be written, or holds another run
 */
export function exportRun(
  service: RunService,
  beginning: string,
  folder: string,
  { out }: Surroundings,
) {
  const { store } = service;
  const run = findDoneRun(service, beginning);
  // Every run makes the first; one whose record lost its outputs must not look like one without.
  const names = new Set(["output.json", ...run.outputs.map(({ name }) => name)]);
  const contents = new Map<string, string | Uint8Array>(
    [...names].sort().map((name) => [join(folder, name), store.output(run, name)]),
  );
  const provenance = join(folder, PROVENANCE);
  contents.set(provenance, `${JSON.stringify(provenanceOf(run, store), null, 2)}\n`);
  checkRunAt(provenance, run.id);
  makeFolder(folder, UserError);
  writeTogether(contents);
  out(`${[...contents.keys()].join("\n")}\n`);
}

/** @throws {UserError} when a provenance that is there is not of this run */
function checkRunAt(path: string, id: string) {
  if (!existsSync(path)) return;
  const found = idIn(path);
  if (found === id) return;
  const words = found === undefined ? "one that cannot be read" : `that of ${found.slice(0, 12)}`;
  throw new UserError(
    `${FOLDER}: expected ${path} to be of ${id.slice(0, 12)} or not to be there but found ${words}`,
  );
}

/** The run that a provenance is of, as far as it says so. */
function idIn(path: string): string | undefined {
  try {
    const { id } = Object(JSON.parse(readFileSync(path, "utf8")));
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}

/** No file is put in its place before all are written. */
function writeTogether(contents: ReadonlyMap<string, string | Uint8Array>) {
  using files = new DisposableStack();
  const written = [...contents].map(([path, content]) => {
    const file = files.use(OutputFile.open(FOLDER, path));
    file.write(content);
    return file;
  });
  for (const file of written) file.commit();
}
