import type { Policy, PolicySession } from "../host/policy.ts";
import { type Outcome, unwrap, type Usage } from "../host/outcome.ts";
import type { ParameterValue } from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import type { KvPolicy, KvPolicySession } from "./kv_policy.ts";
import { SeededRandom } from "./random.ts";

/** What a run settles for a plugin. */
export interface PluginSettings {
  /** Tokens a head may attend to in one step. */
  readonly budget: number;
  /** Any whole number; each layer's seed follows from its lower 32 bits. 0 unless stated. */
  readonly seed?: number;
  /** The plugin's defaults unless stated. */
  readonly parameters?: readonly ParameterValue[];
  /** Bytes of an element of the simulated cache; 2 unless stated. */
  readonly elementBytes?: number;
  /** Asked for by some plugins: what each layer is calibrated to. */
  readonly calibration?: readonly Uint8Array[];
  /** Told what every call to a session used. */
  readonly onUsage?: (usage: Usage) => void;
}

/**
 * A plugin as a policy to decode under. A call that does not end well rejects with what happened.
 *
 * @throws {PluginFailure} when the plugin cannot describe itself for these parameters
 */
export async function pluginPolicy(policy: Policy, settings: PluginSettings): Promise<KvPolicy> {
  const { parameters = [], elementBytes = 2, calibration = [] } = settings;
  const needs = unwrap(await policy.describe(parameters));
  return {
    needs,
    open: async (layer) => {
      const { budget, seed = 0 } = settings;
      const config = {
        ...layer,
        elementBytes,
        budget,
        seed: layerSeed(seed, layer.layer),
        parameters,
        calibration: calibration[layer.layer] ?? new Uint8Array(0),
      };
      return unwrapped(unwrap(await policy.open(config)), settings.onUsage);
    },
  };
}

/** The seed of a layer: one of a row of random numbers. */
function layerSeed(seed: number, layer: number): number {
  const random = new SeededRandom(seed);
  let word = random.word();
  for (let i = 0; i < layer; i++) word = random.word();
  return word;
}

/** A session whose calls fail as exceptions. */
function unwrapped(session: PolicySession, onUsage: PluginSettings["onUsage"]): KvPolicySession {
  const used = <T>(outcome: Outcome<T, unknown>): T => {
    if (outcome.kind === "ok") onUsage?.(outcome.usage);
    return unwrap(outcome);
  };
  return {
    prefill: async (tokens) => used(await session.prefill(tokens)),
    endPrefill: async (weights) => used(await session.endPrefill(weights)),
    append: async (tokens) => used(await session.append(tokens)),
    select: async (step) => used(await session.select(step)),
    observe: async (weights) => used(await session.observe(weights)),
    close: () => session.close(),
  };
}
