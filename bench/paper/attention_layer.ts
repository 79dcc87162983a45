/**
 * How much less STARC's attention layers take than full attention's and token-wise sparsity's.
 *
 * `deno run -A bench/paper/attention_layer.ts [--tables kv_budget] [--out folder]`
 *
 * @module
 */
import type { SystemRow } from "../../core/system/columns.ts";
import type { Cell, Report } from "./document.ts";
import { commandOf, type Experiments, type Run, type Variant, VARIANTS } from "./experiments.ts";
import { runReport } from "./main.ts";
import {
  ATTENTION_REDUCTIONS,
  type Length,
  LENGTHS,
  type Metric,
  type Model,
  MODELS,
} from "./published.ts";

const VALUES: Readonly<Record<Metric, (row: SystemRow) => number>> = {
  latency: (row) => row.g_matmul + row.g_softmax,
  energy: (row) => row.g_attn_mem_energy + row.g_attn_comp_energy,
};

const REFERENCES: Readonly<Record<keyof typeof ATTENTION_REDUCTIONS, Run>> = {
  "against full attention": "full",
  "against token-wise sparsity": "token-wise",
};

/** The largest reduction over models and lengths, and where it is. */
export interface Largest {
  readonly reduction: number;
  readonly model: Model;
  readonly lout: Length;
}

/** The largest reduction of STARC's attention layers against another run's. */
async function largestReduction(
  experiments: Experiments,
  variant: Variant,
  reference: Run,
  metric: Metric,
): Promise<Largest> {
  let largest: Largest | undefined;
  for (const model of Object.keys(MODELS) as Model[]) {
    for (const lout of LENGTHS) {
      const starc = await experiments.run(variant, model, lout, "STARC");
      const other = await experiments.run(variant, model, lout, reference);
      const value = VALUES[metric];
      const reduction = 1 - value(starc.row) / value(other.row);
      if (!largest || reduction > largest.reduction) largest = { reduction, model, lout };
    }
  }
  return largest!;
}

/** Adds the reductions to a report. */
export async function addAttentionLayer(report: Report, experiments: Experiments) {
  const variants: readonly Variant[] = Object.values(VARIANTS);
  const rows: Cell[][] = [];
  for (const [name, reference] of Object.entries(REFERENCES)) {
    const published = ATTENTION_REDUCTIONS[name as keyof typeof REFERENCES];
    for (const metric of ["latency", "energy"] as const) {
      const found: Largest[] = [];
      for (const variant of variants) {
        found.push(await largestReduction(experiments, variant, reference, metric));
      }
      rows.push([
        `${metric} ${name}`,
        `${Math.round(100 * published[metric])} %`,
        ...found.map(({ reduction, model, lout }, i) => ({
          text: `${(100 * reduction).toFixed(1)} % (${model}, ${lout / 1000}K)`,
          command: commandOf(variants[i]!, model, lout),
        })),
        why(metric, published[metric], found[0]!, found[1]!),
      ]);
    }
  }
  report.heading("Attention layers of STARC: the largest reductions");
  report.paragraph(
    "Over three models and three lengths. Energy is that of the memory and of the arithmetic; the " +
      "artifact counts the arithmetic of full attention whatever is read.",
  );
  report.table(["up to", "paper", ...variants.map(({ name }) => name), "why"], rows);
}

function why(metric: Metric, paper: number, artifact: Largest, corrected: Largest): string {
  const met = Math.abs(artifact.reduction - paper) <= 0.005
    ? "the artifact's code gives the paper's figure"
    : "the artifact's code does not give the paper's figure";
  const change = corrected.reduction - artifact.reduction;
  const direction = change < 0 ? "less" : "more";
  const cause = metric === "latency"
    ? "scattered blocks open rows for few of their columns, and centroids are read"
    : "rows cost their activation, and centroids are read";
  return `${met}; corrected ${direction}: ${cause}`;
}

if (import.meta.main) {
  await runReport("attention_layer", "STARC's attention layers, three ways", addAttentionLayer);
}
