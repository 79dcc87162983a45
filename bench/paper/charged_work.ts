/**
 * What deciding and clustering cost beside attention, which the artifact does not charge.
 *
 * `deno run -A bench/paper/charged_work.ts [--tables kv_budget] [--out folder]`
 *
 * @module
 */
import { models } from "../../core/hardware/models.ts";
import { metadataOf } from "../../core/system/policy_metadata.ts";
import { addedCacheShare } from "../../core/system/selection.ts";
import type { Cell, Report } from "./document.ts";
import { commandOf, type Experiments, POLICIES, VARIANTS } from "./experiments.ts";
import { runReport } from "./main.ts";
import { LENGTHS, type Method, METHODS, type Model, MODELS } from "./published.ts";

/** Adds the work to a report. */
export async function addChargedWork(report: Report, experiments: Experiments) {
  const rows: Cell[][] = [];
  for (const model of Object.keys(MODELS) as Model[]) {
    for (const lout of LENGTHS) {
      for (const method of Object.keys(METHODS) as Method[]) {
        rows.push([
          model,
          lout.toLocaleString("en"),
          method,
          ...await cells(experiments, model, lout, method),
        ]);
      }
    }
  }
  report.heading("Selection and clustering as work");
  report.paragraph(
    "A decode step of the corrected variant: time and energy of attention over the kept tokens, of " +
      "reading what the policy decides by, of choosing the largest scores on the buffer die, of " +
      "clustering and moving new tokens (every 64th step's, spread over all), of writing the new " +
      "token; then the prompt's clustering, which comes once; last, how much larger the metadata " +
      "makes the KV cache.",
  );
  report.table(
    [
      "model",
      "tokens out",
      "method",
      "attention",
      "selection",
      "choosing",
      "clustering",
      "write",
      "of attention",
      "prompt, once",
      "cache",
    ],
    rows,
  );
}

async function cells(
  experiments: Experiments,
  model: Model,
  lout: typeof LENGTHS[number],
  method: Method,
): Promise<Cell[]> {
  const variant = VARIANTS.corrected;
  const { row, charged, chargedPrompt } = await experiments.run(variant, model, lout, method);
  const command = commandOf(variant, model, lout);
  const metadata = metadataOf(POLICIES[method], {}, models[model].headDim)!;
  const time = row.g_matmul + row.g_softmax;
  const energy = row.g_attn_mem_energy + row.g_attn_comp_energy;
  const parts = (["select", "choose", "cluster", "write"] as const).map((name) =>
    charged[name] ?? NOTHING
  );
  const prompt = chargedPrompt.cluster ?? NOTHING;
  const beside = parts.reduce(
    (sum, { milliseconds, nanojoules }) => ({
      time: sum.time + milliseconds,
      energy: sum.energy + nanojoules,
    }),
    { time: 0, energy: 0 },
  );
  const cell = (milliseconds: number, nanojoules: number): Cell => ({
    text: `${milliseconds.toFixed(4)} ms, ${(nanojoules / 1e9).toFixed(4)} J`,
    command,
  });
  return [
    cell(time - beside.time, energy - beside.energy),
    ...parts.map(({ milliseconds, nanojoules }) => cell(milliseconds, nanojoules)),
    {
      text: `${percent(beside.time / time)} of time, ${percent(beside.energy / energy)} of energy`,
      command,
    },
    cell(prompt.milliseconds, prompt.nanojoules),
    { text: `+${percent(addedCacheShare(metadata))}`, command },
  ];
}

const NOTHING = { milliseconds: 0, nanojoules: 0 };

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

if (import.meta.main) {
  await runReport("charged_work", "Selection and clustering as work", addChargedWork);
}
