import { declaredReads } from "../../../core/attention/declared_reads.ts";
import { ROW16_TOKENS } from "../../../core/attention/rows.ts";
import { readTraceFile } from "../../../core/attention/trace_file.ts";
import { levelsOf } from "../../../core/system/machine.ts";
import { parseSystemSpec, type SystemOptions, type SystemSpec } from "../../../core/system/spec.ts";
import { simulateSystem } from "../../../core/system/simulate.ts";
import { perplexityOf } from "../eval/ppl.ts";
import type { PolicyResult } from "../eval/policy_runs.ts";
import { openMemory } from "../memory_access.ts";
import { Progress } from "../progress.ts";
import type { MethodResult } from "../simulate/comparison.ts";
import { traceBudgets } from "../simulate/trace_budgets.ts";
import type { Surroundings } from "../surroundings.ts";
import { userFacing, userFacingAsync } from "../user_error.ts";
import type { CompareOptions } from "./options.ts";

/** A policy's evaluation and the trace of it. */
export interface TracedResult extends PolicyResult {
  readonly trace: string;
}

/** A policy with what it lost and what it cost. */
export interface ComparedPolicy extends TracedResult {
  readonly spec: SystemSpec;
  readonly simulated: MethodResult;
}

/** Simulates what each trace reads. */
export async function simulateTraces(
  results: readonly TracedResult[],
  options: CompareOptions,
  surroundings: Surroundings,
): Promise<ComparedPolicy[]> {
  const specs: SystemSpec[] = [];
  for (const result of results) specs.push(await specOf(result, options));
  using opened = await openMemory(options, surroundings.env, levelsOf(specs));
  const compared: ComparedPolicy[] = [];
  for (const [i, result] of results.entries()) {
    const spec = specs[i]!;
    using progress = new Progress(surroundings, result.choice.label, undefined, "programs");
    const { row, notes, charged, chargedPrompt } = await userFacingAsync(() =>
      simulateSystem(spec, opened.memory, {
        onProgress: (done, total) => progress.update(done, total),
      })
    );
    compared.push({
      ...result,
      spec,
      simulated: { method: methodOf(result, options), row, notes, charged, chargedPrompt },
    });
  }
  return compared;
}

async function specOf(
  { choice, record, trace }: TracedResult,
  { shape, batch, gpu, ngpu, pim, prompt, tokens, charge }: CompareOptions,
): Promise<SystemSpec> {
  const wanted = { lout: tokens, tile: false, concatenate: false };
  const kvBudgets = await traceBudgets(choice.label, trace, wanted);
  const charges = charge && choice.label !== "full"
    ? await chargesOf(String(record.policy.name), trace)
    : {};
  return userFacing(() =>
    parseSystemSpec({
      system: "dgx-attacc",
      gpu,
      ngpu,
      pim,
      powerlimit: true,
      ffopt: true,
      pipeopt: true,
      model: shape,
      lin: prompt,
      lout: tokens,
      batch,
      sparsity: choice.label === "full" ? null : { kvBudgets, rowSize: ROW16_TOKENS },
      ...charges,
    })
  );
}

/** What is charged beside attention: what the trace says was read to decide, and STARC's clustering. */
async function chargesOf(
  policy: string,
  path: string,
): Promise<Pick<SystemOptions, "selection" | "selectionParameters" | "clustering">> {
  await using trace = await readTraceFile(path);
  const { readKeys, storedKeys, elementMajor } = await declaredReads(trace);
  const clustering = policy === "starc" ? "online" : "none";
  if (readKeys === 0) return { clustering };
  return {
    clustering,
    selection: "declared",
    selectionParameters: {
      "read-keys": readKeys,
      "stored-keys": storedKeys,
      "element-major": Number(elementMajor),
    },
  };
}

/** What the picture says of a policy. */
function methodOf(result: PolicyResult, { budget }: CompareOptions): MethodResult["method"] {
  const { label } = result.choice;
  return {
    name: label,
    note: `perplexity ${perplexityOf(result).toFixed(1)}`,
    budget: label === "full" ? "full" : String(budget),
  };
}
