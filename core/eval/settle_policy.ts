import type { Description, ParameterValue } from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { namedValues } from "../host/parameter_values.ts";
import type { Policy } from "../host/policy.ts";
import { pluginPolicy, type PluginSettings } from "../llm/plugin_policy.ts";
import type { SettledPolicy } from "./checkpoint_model.ts";
import { digestBytes } from "./digest.ts";
import { UsageMeter } from "./policy_usage.ts";

/** What a run settles for a policy. */
interface PolicySettings extends Omit<PluginSettings, "parameters" | "seed" | "onUsage"> {
  readonly seed: number;
  /** Layers without the policy; those the policy names unless stated. */
  readonly denseLayers?: readonly number[];
}

/** A policy that is loaded, its parameters, and how it describes itself for these. */
interface DescribedPolicy {
  readonly policy: Policy;
  readonly description: Description;
  readonly parameters: readonly ParameterValue[];
  /** Whether it was loaded with metering: its limits then tell, and what it uses is added up. */
  readonly metered: boolean;
}

/**
 * A policy to decode under.
 *
 * @param layers of the model
 * @throws {RangeError} when a calibration is missing or a dense layer does not exist
 */
export async function settlePolicy(
  { policy, description, parameters, metered }: DescribedPolicy,
  settings: PolicySettings,
  layers: number,
): Promise<SettledPolicy> {
  const { budget, seed, denseLayers, calibration } = settings;
  if (description.inputs.includes("calibration") && calibration === undefined) {
    throw new RangeError(`Expected a calibration, which ${description.name} asks for`);
  }
  const beyond = denseLayers?.find((layer) => layer >= layers);
  if (beyond !== undefined) {
    throw new RangeError(`Expected layers below ${layers} but found ${beyond}`);
  }
  // In one order and each once: two ways to name the same layers are one run.
  const dense = [...new Set(denseLayers ?? description.denseLayers)].sort((a, b) => a - b);
  const { memoryBytes, fuelPerCall } = policy.plugin.limits;
  const meter = metered ? new UsageMeter() : undefined;
  return {
    identity: {
      name: description.name,
      version: description.version,
      digest: policy.plugin.digest,
      budget,
      seed,
      ...calibration && { calibration: digestBytes(calibration) },
      parameters: namedValues(description.parameters, parameters),
      denseLayers: dense.filter((layer) => layer < layers),
    },
    policy: await pluginPolicy(policy, {
      ...settings,
      parameters,
      ...meter && { onUsage: meter.add },
    }),
    ...meter && { metered: { limits: { memoryBytes, fuelPerCall }, meter } },
  };
}

/**
 * Makes sure that a policy decides anything: what only dense layers read is not recorded.
 *
 * @param layers of the model
 * @throws {RangeError} when every layer is dense
 */
export function checkUnderPolicy({ identity }: Pick<SettledPolicy, "identity">, layers: number) {
  if (new Set(identity.denseLayers).size < layers) return;
  throw new RangeError(`Expected a layer under the policy but all ${layers} are dense`);
}
