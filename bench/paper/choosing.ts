/**
 * Where the largest scores are chosen, and what that makes of the ranking of the methods.
 *
 * `deno run -A bench/paper/choosing.ts [--tables kv_budget] [--out folder]`
 *
 * @module
 */
import type { Cell, Report } from "./document.ts";
import { commandOf, type Experiments, type Variant, VARIANTS } from "./experiments.ts";
import { runReport } from "./main.ts";
import { type Method, METHODS, type Model, MODELS } from "./published.ts";

const LOUT = 32000;

const PLACES: readonly Variant[] = [
  ["free", "nowhere: free"],
  ["buffer-die", "on the buffer die"],
  ["gpu", "on the GPU"],
].map(([place, name]) => ({
  name: name!,
  meaning: "",
  options: { ...VARIANTS.corrected.options, switches: { "top-k": place! } },
}));

/** Adds the places to a report. */
export async function addChoosing(report: Report, experiments: Experiments) {
  const rows: Cell[][] = [];
  for (const model of Object.keys(MODELS) as Model[]) {
    for (const method of Object.keys(METHODS) as Method[]) {
      rows.push([model, method, ...await shares(experiments, model, method)]);
    }
  }
  report.heading("Where the largest scores are chosen");
  report.paragraph(
    `Latency and energy of a decode step over one with full attention, corrected, ${LOUT} tokens out. ` +
      "Each query goes through its scores three times: those of all tokens (token-wise), of a " +
      "sixteenth as many clusters or pages (STARC, page-wise). The unit on the buffer die does it " +
      "at the rate of the softmax's, a GPU at that of its memory after the scores have crossed the " +
      "link, and the indices cross it back. Nothing hides either.",
  );
  report.table(["model", "method", ...PLACES.map(({ name }) => name)], rows);
}

async function shares(experiments: Experiments, model: Model, method: Method): Promise<Cell[]> {
  const full = (await experiments.run(VARIANTS.corrected, model, LOUT, "full")).row;
  const cells: Cell[] = [];
  for (const place of PLACES) {
    const { row } = await experiments.run(place, model, LOUT, method);
    const share = (column: "g_time (ms)" | "g_energy (nJ)") =>
      (row[column] / full[column]).toFixed(3);
    cells.push({
      text: `${share("g_time (ms)")}, ${share("g_energy (nJ)")}`,
      command: commandOf(place, model, LOUT),
    });
  }
  return cells;
}

if (import.meta.main) {
  await runReport("choosing", "Where the largest scores are chosen", addChoosing);
}
