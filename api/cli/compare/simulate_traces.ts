import { clusteredWindows } from "../../../core/attention/clustered_windows.ts";
import { declaredReads } from "../../../core/attention/declared_reads.ts";
import { ROW16_TOKENS } from "../../../core/attention/rows.ts";
import { readTraceFile } from "../../../core/attention/trace_file.ts";
import { isOnlineClustering } from "../../../core/system/online_clustering.ts";
import type { MemoryModel } from "../../../core/memory/memory_model.ts";
import { parseSystemSpec, type SystemOptions, type SystemSpec } from "../../../core/system/spec.ts";
import { simulateSystem } from "../../../core/system/simulate.ts";
import { perplexityOf } from "../eval/ppl.ts";
import type { PolicyResult } from "../eval/policy_runs.ts";
import { isFullAttention } from "../policy/policy_choice.ts";
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
  /** Whether it clustered, in a way there is no charge for. */
  readonly clustersOtherwise: boolean;
  readonly spec: SystemSpec;
  readonly simulated: MethodResult;
}

/** Simulates what each trace reads. */
export async function simulateTraces(
  results: readonly TracedResult[],
  options: CompareOptions,
  memory: MemoryModel,
  surroundings: Surroundings,
): Promise<ComparedPolicy[]> {
  const compared: ComparedPolicy[] = [];
  for (const result of results) {
    const { spec, clustersOtherwise } = await specOf(result, options);
    using progress = new Progress(surroundings, result.choice.label, undefined, "programs");
    const { row, notes, charged, chargedPrompt } = await userFacingAsync(() =>
      simulateSystem(spec, memory, {
        onProgress: (done, total) => progress.update(done, total),
      })
    );
    compared.push({
      ...result,
      clustersOtherwise,
      spec,
      simulated: { method: methodOf(result, options), row, notes, charged, chargedPrompt },
    });
  }
  return compared;
}

/**
 * The system that decodes the steps of a comparison.
 *
 * @throws {UserError} where it cannot be
 */
export function systemOf(
  { shape, batch, gpu, ngpu, pim, prompt, tokens }: CompareOptions,
  read: Pick<SystemOptions, "sparsity"> & Charges,
): SystemSpec {
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
      ...read,
    })
  );
}

async function specOf({ choice, trace }: TracedResult, options: CompareOptions) {
  if (isFullAttention(choice)) {
    return { spec: systemOf(options, { sparsity: null }), clustersOtherwise: false };
  }
  const wanted = { lout: options.tokens, tile: false, concatenate: false };
  const sparsity = {
    kvBudgets: await traceBudgets(choice.label, trace, wanted),
    rowSize: ROW16_TOKENS,
  };
  if (!options.charge) {
    return { spec: systemOf(options, { sparsity }), clustersOtherwise: false };
  }
  await using recorded = await readTraceFile(trace);
  const windows = await clusteredWindows(recorded);
  const clustering = isOnlineClustering(windows) ? "online" : "none";
  return {
    spec: systemOf(options, { sparsity, clustering, ...await decidingOf(trace) }),
    clustersOtherwise: windows.length > 0 && clustering === "none",
  };
}

type Charges = Pick<SystemOptions, "selection" | "selectionParameters" | "clustering">;

/** What the trace says was read to decide. */
async function decidingOf(path: string): Promise<Charges> {
  await using recorded = await readTraceFile(path);
  const { readKeys, storedKeys, elementMajor } = await declaredReads(recorded);
  if (readKeys === 0) return {};
  return {
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
  return {
    name: result.choice.label,
    note: `perplexity ${perplexityOf(result).toFixed(1)}`,
    budget: isFullAttention(result.choice) ? "full" : String(budget),
  };
}
