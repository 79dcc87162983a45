/**
 * For tests only: a policy that misbehaves as it is told, and one decode step of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { builtComponent } from "../../../wasm/sdk/build_cache.ts";
import type {
  Config,
  ParameterValue,
  Selection,
  Step,
  TokenBlock,
} from "../../../wasm/wit/policy/since-v0.1.0/policy.ts";
import type { LoadOptions } from "../load_plugin.ts";
import { unwrap } from "../outcome.ts";
import { transpiledPlugins } from "../transpiled_plugins.ts";
import { loadPolicy, type Policy, type PolicyOutcome, type PolicySession } from "../policy.ts";

/** The component; what it can do is its parameter's list. */
export const hostileComponent = builtComponent(
  new URL("../../../wasm/sdk/testdata/hostile/", import.meta.url),
);

const NONE = new Float32Array(0);

/** The step after three tokens of the prompt and a generated one. */
export const STEP: Step = {
  position: 3,
  queries: new Float32Array(16),
  speculatedQueries: NONE,
  previousHidden: NONE,
};

/** Limits that misdeeds soon reach. */
export const LIMITS = { memoryBytes: 64 * 2 ** 20, fuelPerCall: 2e8 };

/** Tokens without keys, which the policy does not ask for. */
export function tokens(count: number): TokenBlock {
  return { count, keys: NONE, values: NONE, unrotatedKeys: NONE };
}

/** Opens a session that does one of the policy's deeds, and reads a prompt of three tokens. */
export async function openHostile(policy: Policy, deed: string): Promise<PolicySession> {
  const { parameters } = unwrap(await policy.describe());
  const deeds = parameters.flatMap(({ kind }) => kind.tag === "choice" ? kind.value.options : []);
  assert.ok(deeds.includes(deed), `Expected one of ${deeds.join(", ")} but found ${deed}`);
  const session = unwrap(
    await policy.open(configOf([{ tag: "choice", value: deeds.indexOf(deed) }])),
  );
  unwrap(await session.prefill(tokens(3)));
  return session;
}

/** Runs one decode step of the hostile policy. */
export async function step(
  deed: string,
  options: LoadOptions = {},
): Promise<PolicyOutcome<Selection>> {
  const policy = unwrap(
    await loadPolicy(await hostileComponent, {
      limits: LIMITS,
      cache: transpiledPlugins,
      ...options,
    }),
  );
  try {
    const session = await openHostile(policy, deed);
    unwrap(await session.endPrefill());
    const appended = await session.append(tokens(1));
    if (appended.kind !== "ok") return appended;
    const selected = await session.select(STEP);
    if (selected.kind !== "ok" && selected.kind !== "declined") {
      assert.deepEqual(await session.select(STEP), selected, "a failed session stays failed");
    }
    return selected;
  } finally {
    policy.close();
  }
}

function configOf(parameters: readonly ParameterValue[]): Config {
  return {
    layer: 2,
    layers: 4,
    queryHeads: 4,
    kvHeads: 2,
    headDim: 4,
    elementBytes: 2,
    budget: 2,
    maxTokens: 16,
    seed: 7,
    parameters,
    calibration: new Uint8Array(0),
    queryProjection: NONE,
    keyProjection: NONE,
  };
}
