import { measurePolicy, type PolicyMeasurement } from "../../../core/conformance/measure_policy.ts";
import type { OpenPolicy } from "../policy/open_policy.ts";
import { figureTable } from "../table.ts";
import type { LayerOptions } from "./layer_options.ts";

/** What a policy takes and gives on a layer. */
export interface MeasuredPolicy {
  readonly policy: string;
  readonly measurement: PolicyMeasurement;
}

/** Measures a policy on the layer that options say. */
export async function measureOpenPolicy(
  { choice, policy, parameters }: OpenPolicy,
  { context, budget, steps, queryHeads, kvHeads, headDim }: LayerOptions,
  calibration: { calibration?: Uint8Array },
): Promise<MeasuredPolicy> {
  const tested = { policy, parameters, ...calibration };
  const shape = { queryHeads, kvHeads, headDim };
  const measurement = await measurePolicy(tested, { shape, context, budget, steps });
  return { policy: choice.label, measurement };
}

/** A row a policy. */
export function policyTable(measured: readonly MeasuredPolicy[]): string {
  const head = ["policy", "prompt, ms", "step, ms", "recall", "tokens"];
  const rows = measured.map(({ policy, measurement }) => {
    const { prefillMs, stepMs, recall, rows, readBytes } = measurement;
    return [
      policy,
      prefillMs.toFixed(1),
      stepMs.toFixed(3),
      recall.toFixed(4),
      rows.keptTokens.toFixed(1),
      rows.sequentialRows16.toFixed(1),
      rows.placedRows16.toFixed(1),
      readBytes.toFixed(0),
    ];
  });
  return `${figureTable([...head, "rows16 in text order", "as placed", "read, bytes"], rows)}\n`;
}
