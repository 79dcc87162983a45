import type { Command } from "commander";
import type { SystemRow } from "../../../core/system/columns.ts";
import { levelsOf } from "../../../core/system/machine.ts";
import type { SystemSpec } from "../../../core/system/spec.ts";
import { simulateSystem } from "../../../core/system/simulate.ts";
import { idleOptions } from "../idle_options.ts";
import { openMemory } from "../memory_access.ts";
import { requireOwnFile } from "../own_file.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError, userFacingAsync } from "../user_error.ts";
import { figureTable } from "../table.ts";
import { filesRead, sparsityOf } from "./budget_source.ts";
import { chargeLines, energyOf, latencyOf, PARTS, promptChargeLines, sumOf } from "./comparison.ts";
import { idleInExperiment } from "./idle_rules.ts";
import { BY_METHOD, type SimulateOptions, toSpec } from "./options.ts";
import { recordedBlocks } from "./recorded_blocks.ts";
import { checkResultFile, inColumnOrder, resultFileOf, writeResults } from "./result_file.ts";

/** Runs one experiment as main.py does. */
export async function runSingle(
  options: SimulateOptions,
  command: Command,
  surroundings: Surroundings,
) {
  const { out, err } = surroundings;
  if (options.selection === BY_METHOD) {
    throw new UserError("--selection: expected --compare beside by-method but found none");
  }
  const file = resultFileOf(options);
  requireOwnFile("--output", file?.path, filesRead(options));
  const blocks = await recordedBlocks(options);
  const spec = toSpec(
    options,
    blocks ? { kvBudgets: [...blocks.budgets] } : await sparsityOf(options),
    options.clustering,
  );
  if (file) checkResultFile(file);
  using opened = await openMemory(options, surroundings.env, levelsOf([spec]));
  using progress = new Progress(surroundings, spec.model, undefined, "programs");
  const { row, notes, charged, chargedPrompt, sampling } = await userFacingAsync(() =>
    simulateSystem(spec, opened.memory, {
      onProgress: (done, total) => progress.update(done, total),
      ...(blocks && { blocks }),
    })
  );
  progress[Symbol.dispose]();
  if (file) writeResults(file, [row]);
  const idle = idleOptions(command, idleInExperiment(options));
  for (const note of [...idle, ...notes]) err(`note: ${note}\n`);
  if (options.json) {
    const columns = inColumnOrder(row);
    const result = { row: columns, charged, chargedPrompt, sampling, notes, spec };
    return out(`${JSON.stringify(result, null, 2)}\n`);
  }
  out(summaryOf(spec, row));
  if (blocks) {
    out(`The trace's blocks lie ${blocks.meanRun.toFixed(2)} side by side (--locality).\n`);
  }
  for (const line of chargeLines(charged, "attention")) out(`${line}\n`);
  for (const line of promptChargeLines(chargedPrompt, "prompt")) out(`${line}\n`);
  if (file) out(`\nAll 51 columns are in ${file.path}\n`);
}

function summaryOf({ model, lin, lout, batch }: SystemSpec, row: SystemRow): string {
  const [latency, energy] = [latencyOf(row), energyOf(row)];
  const table = figureTable(
    ["one decode step", "total", ...PARTS],
    [["latency, ms", latency] as const, ["energy, J", energy] as const].map((
      [label, breakdown],
    ) => [label, sumOf(breakdown).toFixed(4), ...PARTS.map((part) => breakdown[part].toFixed(4))]),
  );
  return `${model}: ${lin} tokens in, ${lout} out, batch ${batch}\n${table}\n`;
}
