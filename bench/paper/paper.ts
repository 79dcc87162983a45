/**
 * The whole report: Fig. 11, the attention layers, the README's row, selection, choosing and clustering.
 *
 * `deno run -A bench/paper/paper.ts [--tables kv_budget] [--out folder]`
 *
 * @module
 */
import { addAttentionLayer } from "./attention_layer.ts";
import { addChargedWork } from "./charged_work.ts";
import { addChoosing } from "./choosing.ts";
import { addFig11 } from "./fig11.ts";
import { runReport } from "./main.ts";
import { addReadmeRow } from "./readme_row.ts";

if (import.meta.main) {
  await runReport(
    "paper",
    "STARC's system results, three ways",
    addFig11,
    addAttentionLayer,
    addReadmeRow,
    addChargedWork,
    addChoosing,
  );
}
