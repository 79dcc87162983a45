import { join } from "node:path";
import { makeFolder } from "../../../core/files/make_folder.ts";
import { provenanceOf } from "../../../core/run/provenance.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { OutputFile, writeFile } from "../output_file.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";
import { findDoneRun } from "./find_run.ts";

const FOLDER = "export";

/** Writes what a run made, and its provenance. */
export function exportRun(
  service: RunService,
  beginning: string,
  folder: string,
  { out }: Surroundings,
) {
  const { store } = service;
  const run = findDoneRun(service, beginning);
  makeFolder(folder, UserError);
  for (const { name, digest } of run.outputs) {
    using file = OutputFile.open(FOLDER, join(folder, name));
    file.write(store.blobs.get(digest)!);
    file.commit();
  }
  const provenance = JSON.stringify(provenanceOf(run, store), null, 2);
  writeFile(FOLDER, join(folder, "provenance.json"), `${provenance}\n`);
  const names = [...run.outputs.map(({ name }) => name), "provenance.json"];
  out(`${names.map((name) => join(folder, name)).join("\n")}\n`);
}
