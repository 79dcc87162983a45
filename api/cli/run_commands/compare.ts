import { compareRuns } from "../../../core/run/compare.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { PARTS } from "../../../core/system/breakdown.ts";
import type { Surroundings } from "../surroundings.ts";
import { figureTable } from "../table.ts";
import { UserError } from "../user_error.ts";
import { findDoneRun } from "./find_run.ts";

/** Compares runs with the first. */
export function compare(
  service: RunService,
  beginnings: readonly string[],
  { json }: { readonly json?: true },
  { out }: Surroundings,
) {
  const { runs, differences } = compareRuns(
    beginnings.map((beginning) => comparedRun(service, beginning)),
  );
  if (json) return out(`${JSON.stringify({ runs, differences }, null, 2)}\n`);
  const rows = runs.flatMap(({ id, latency, energy }) => [
    [`${id.slice(0, 12)} latency, ms`, ...figures(latency)],
    [`${id.slice(0, 12)} energy, J`, ...figures(energy)],
  ]);
  const fields = Object.entries(differences).map(([pointer, values]) =>
    `${pointer}: ${values.map((value) => JSON.stringify(value) ?? "absent").join(" | ")}\n`
  );
  out(`${figureTable(["one decode step", "to the first", "total", ...PARTS], rows)}\n\n`);
  out(`What differs:\n${fields.join("") || "nothing\n"}`);
}

type Figure = ReturnType<typeof compareRuns>["runs"][number]["latency"];

function figures({ relative, total, parts }: Figure): string[] {
  return [relative, total, ...PARTS.map((part) => parts[part])].map((value) => value.toFixed(4));
}

function comparedRun(service: RunService, beginning: string) {
  const run = findDoneRun(service, beginning);
  if (run.spec.kind !== "simulate") {
    throw new UserError(`expected a run of the whole system but ${beginning} is ${run.spec.kind}`);
  }
  const { row } = JSON.parse(new TextDecoder().decode(service.store.output(run, "output.json")));
  return { id: run.id, spec: JSON.parse(JSON.stringify(run.spec)), row };
}
