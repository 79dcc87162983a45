/**
 * The row in the artifact's README: Mistral-7B, 2048 tokens in and 16000 out, STARC.
 *
 * `deno run -A bench/paper/readme_row.ts [--tables kv_budget] [--out folder]`
 *
 * @module
 */
import type { SystemRow } from "../../core/system/columns.ts";
import type { Report } from "./document.ts";
import { commandOf, type Experiments, type Variant, VARIANTS } from "./experiments.ts";
import { runReport } from "./main.ts";
import { README_ROW } from "./published.ts";

/** What makes each column another number once corrected. */
const WHY: Readonly<Record<keyof typeof README_ROW, string>> = {
  "g_time (ms)": "the sum of the four below and the softmax, which now takes time of its own",
  g_matmul:
    "rows are opened where blocks lie, centroids read, the new token written, 64 tokens clustered",
  g_fc: "SwiGLU's third matrix; no projection is hidden, as a GPU has one group of heads",
  g_comm: "all-reduces take AttAcc's time, not an eighth of it",
  g_etc: "norms and activations take AttAcc's time, not an eighth of it; SwiGLU's is longer",
  "g_energy (nJ)": "a third matrix more, a quarter of the keys and values read",
  s_time: "the prompt's all-reduces and norms, and its third matrix",
};

/** Adds the row to a report. */
export async function addReadmeRow(report: Report, experiments: Experiments) {
  const variants: readonly Variant[] = Object.values(VARIANTS);
  const rows: SystemRow[] = [];
  for (const variant of variants) {
    rows.push((await experiments.run(variant, "Mistral-7B", 16000, "STARC")).row);
  }
  const columns = Object.keys(README_ROW) as (keyof typeof README_ROW)[];
  report.heading("The row in the artifact's README");
  report.paragraph("Times in ms, energy in nJ, of a decode step; s_time is the prompt's.");
  report.table(
    ["column", "README", ...variants.map(({ name }) => name), "why corrected differs"],
    columns.map((column) => [
      column,
      String(README_ROW[column]),
      ...rows.map((row, i) => ({
        text: row[column].toPrecision(10),
        command: commandOf(variants[i]!, "Mistral-7B", 16000),
      })),
      WHY[column],
    ]),
  );
}

if (import.meta.main) {
  await runReport("readme_row", "The README's row, three ways", addReadmeRow);
}
