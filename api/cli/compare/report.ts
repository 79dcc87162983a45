import { CLUSTERING } from "../../../core/system/online_clustering.ts";
import { tinyModelNote } from "../eval/options.ts";
import { perplexityColumns } from "../eval/ppl.ts";
import type { PolicyResult } from "../eval/policy_runs.ts";
import { resultTable, rowsLegend, type ScoreColumn } from "../eval/result_table.ts";
import {
  type Breakdown,
  chargeLines,
  energyOf,
  latencyOf,
  promptChargeLines,
  sumOf,
} from "../simulate/comparison.ts";
import { isFullAttention } from "../policy/policy_choice.ts";
import type { CompareOptions } from "./options.ts";
import type { ComparedPolicy } from "./simulate_traces.ts";

/** Accuracy, rows, latency and energy in one table, and what they are of. */
export function reportOf(
  compared: readonly ComparedPolicy[],
  full: ComparedPolicy,
  options: CompareOptions,
  files: { readonly table: string; readonly picture: string },
): string {
  const { prompt, tokens, budget, shape, batch, gpu, ngpu, pim } = options;
  const model = full.record.model;
  const notes = new Set(compared.flatMap(({ simulated }) => simulated.notes));
  return [
    `Accuracy and rows: ${model}, ${tokens} tokens predicted after ${prompt}, budget ${budget} tokens.`,
    `Latency and energy of a decode step: ${shape}, batch ${batch}, ${ngpu} ${gpu} with PIM at the ` +
    `${pim}, reading the rows of ${model}.\n`,
    resultTable(compared, perplexityColumns(compared), costColumns(compared, full)),
    "",
    rowsLegend(compared) + tinyModelNote(options).trimEnd(),
    ...chargeNotes(compared, options),
    ...[...notes].map((note) => `Note: ${note}`),
    `Traces and records: ${options.output}`,
    `All 51 columns, a row a policy: ${files.table}`,
    `The picture: ${files.picture}`,
    "",
  ].join("\n");
}

/** What of the cost is for deciding, and whose deciding is not in it. */
function chargeNotes(compared: readonly ComparedPolicy[], { charge }: CompareOptions): string[] {
  if (!charge) return ["Deciding and clustering are not charged; --charge does."];
  const silent = compared.filter(({ choice, spec }) =>
    !isFullAttention(choice) && spec.selection === "none"
  );
  const otherwise = compared.filter(({ clustersOtherwise }) => clustersOtherwise);
  const [names, clusterers] = [silent, otherwise].map((policies) =>
    policies.map(({ choice }) => choice.label).join(", ")
  );
  return [
    ...compared.flatMap(({ choice: { label }, simulated: { charged, chargedPrompt } }) => [
      ...chargeLines(charged, label),
      ...promptChargeLines(chargedPrompt, `${label}, prompt`),
    ]),
    ...names === "" ? [] : [`Deciding costs nothing in ${names}: the trace declares no reads.`],
    ...clusterers === "" ? [] : [
      `Clustering costs nothing in ${clusterers}: only windows of ${CLUSTERING.tokens} tokens in ` +
      `${CLUSTERING.clusters} clusters are charged.`,
    ],
  ];
}

function costColumns(compared: readonly ComparedPolicy[], full: ComparedPolicy): ScoreColumn[] {
  const column = (
    head: string,
    digits: number,
    value: (policy: ComparedPolicy) => number,
  ): ScoreColumn => ({ head, value: (result) => value(of(result, compared)).toFixed(digits) });
  const share = (breakdownOf: (row: ComparedPolicy["simulated"]["row"]) => Breakdown) => ({
    head: "of full",
    value: (result: PolicyResult) => {
      const total = sumOf(breakdownOf(of(result, compared).simulated.row));
      return `${(100 * total / sumOf(breakdownOf(full.simulated.row))).toFixed(1)} %`;
    },
  });
  return [
    column("attention, ms", 4, ({ simulated }) => latencyOf(simulated.row).attention),
    column("step, ms", 4, ({ simulated }) => sumOf(latencyOf(simulated.row))),
    share(latencyOf),
    column("step, J", 4, ({ simulated }) => sumOf(energyOf(simulated.row))),
    share(energyOf),
  ];
}

/** The compared policy that a result belongs to. */
function of({ choice }: PolicyResult, compared: readonly ComparedPolicy[]): ComparedPolicy {
  return compared.find((policy) => policy.choice === choice)!;
}
