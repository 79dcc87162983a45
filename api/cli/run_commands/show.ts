import type { RunService } from "../../../core/run/run_service.ts";
import type { Surroundings } from "../surroundings.ts";
import { findRun } from "./find_run.ts";

/**
 * Shows a run as JSON.
 *
 * @throws {StoreError} when its result is lost
 */
export function show(service: RunService, beginning: string, { out }: Surroundings) {
  const run = findRun(service, beginning);
  const bytes = run.state === "done" ? service.store.output(run, "output.json") : undefined;
  const result = bytes && { result: JSON.parse(new TextDecoder().decode(bytes)) };
  out(`${JSON.stringify({ ...run, ...result }, null, 2)}\n`);
}
