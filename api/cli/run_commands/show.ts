import type { RunService } from "../../../core/run/run_service.ts";
import type { Surroundings } from "../surroundings.ts";
import { findRun } from "./find_run.ts";

/** Shows a run as JSON. */
export function show(service: RunService, beginning: string, { out }: Surroundings) {
  const run = findRun(service, beginning);
  const output = run.outputs.find(({ name }) => name === "output.json");
  const bytes = output && service.store.blobs.get(output.digest);
  const result = bytes && { result: JSON.parse(new TextDecoder().decode(bytes)) };
  out(`${JSON.stringify({ ...run, ...result }, null, 2)}\n`);
}
