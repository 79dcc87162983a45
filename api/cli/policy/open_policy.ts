/**
 * From a policy's name or path to a policy ready to run.
 *
 * @module
 */
import type { SettledPolicy } from "../../../core/eval/checkpoint_model.ts";
import { settlePolicy } from "../../../core/eval/settle_policy.ts";
import {
  builtInPlugin,
  builtInPolicies,
  isBuiltInPolicy,
  type LoadOptions,
  loadPolicy,
  PluginFailure,
  type Policy,
  unwrap,
} from "../../../core/host/mod.ts";
import { parameterValues } from "../../../core/host/parameter_values.ts";
import { transpiledPlugins } from "../../../core/host/transpiled_plugins.ts";
import { readCalibration } from "../../../core/llm/calibration/calibration_file.ts";
import type { Description, ParameterValue } from "../../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { componentAt } from "../component_source.ts";
import { isMistake } from "../mistake.ts";
import { locating, locatingAsync, lowerFirst, UserError } from "../user_error.ts";
import { nearest } from "../values.ts";
import type { PolicyChoice } from "./policy_choice.ts";

/** A policy that is loaded, with its parameters settled. */
export interface OpenPolicy extends Disposable {
  readonly choice: PolicyChoice;
  readonly policy: Policy;
  /** For these parameters. */
  readonly description: Description;
  readonly parameters: readonly ParameterValue[];
  /** Whether fuel is counted. */
  readonly metered: boolean;
}

/** How policies are loaded. */
export interface OpenPolicyOptions {
  /** Of this repository's policies on this thread; decoding reads them in place. */
  readonly answers?: NonNullable<LoadOptions["answers"]>;
  /** Changes to the limits a policy has; any has this repository's policies metered, too. */
  readonly limits?: LoadOptions["limits"] | undefined;
}

/** What a run settles beside a policy's parameters. */
export interface SettleOptions {
  /** Tokens a head may attend to in one step. */
  readonly budget: number;
  readonly seed: number;
  /** Layers without the policy; those the policy names unless stated. */
  readonly denseLayers?: readonly number[];
  /** A calibration file. */
  readonly calibration?: string;
}

/**
 * Loads a policy. Those of this repository run on this thread without metering; a stranger's has a
 * worker without permissions, and limits; so has each where limits are given.
 *
 * @throws {UserError} when there is none, it does not build or is refused, or a parameter is wrong
 */
export async function openPolicy(
  choice: PolicyChoice,
  options: OpenPolicyOptions = {},
): Promise<OpenPolicy> {
  return await naming(choice.label, async () => {
    const builtIn = isBuiltInPolicy(choice.source);
    const bytes = builtIn ? await builtInPlugin(choice.source) : await readComponent(choice);
    const metered = !builtIn || options.limits !== undefined;
    const policy = unwrap(await loadPolicy(bytes, loadOptions(builtIn, metered, options)));
    try {
      const declared = unwrap(await policy.describe()).parameters;
      const parameters = parameterValues(declared, choice.parameters);
      const description = unwrap(await policy.describe(parameters));
      return {
        choice,
        policy,
        description,
        parameters,
        metered,
        [Symbol.dispose]: () => policy.close(),
      };
    } catch (error) {
      policy.close();
      throw error;
    }
  });
}

/** Policies that are loaded, to be disposed of together. */
export interface OpenPolicies extends Disposable {
  readonly policies: readonly OpenPolicy[];
}

/** Loads several policies, in their order. */
export async function openPolicies(
  choices: readonly PolicyChoice[],
  options: OpenPolicyOptions = {},
): Promise<OpenPolicies> {
  using opened = new DisposableStack();
  const policies: OpenPolicy[] = [];
  for (const choice of choices) policies.push(opened.use(await openPolicy(choice, options)));
  const kept = opened.move();
  return { policies, [Symbol.dispose]: () => kept.dispose() };
}

/**
 * A policy to decode under.
 *
 * @param layers of the model
 * @throws {UserError} when a calibration is missing, is none, or a dense layer does not exist
 */
export async function settleOpenPolicy(
  opened: OpenPolicy,
  { calibration: file, ...settings }: SettleOptions,
  layers: number,
): Promise<SettledPolicy> {
  const { choice, description } = opened;
  const asked = description.inputs.includes("calibration");
  if (asked && file === undefined) {
    throw new UserError(
      `${choice.label}: expected --calibration, which it asks for and kvpim eval calibrate makes, ` +
        "but found none",
    );
  }
  // One that is named but not asked for is read as far as it says whose it is, so that a wrong path is
  // found by whichever policies it is given to.
  const calibration = file !== undefined &&
    locating(
      "--calibration",
      () => readCalibration(file, description.name, asked ? layers : 0),
    );
  return await locatingAsync(
    "--dense-layers",
    () => settlePolicy(opened, { ...settings, ...asked && calibration && { calibration } }, layers),
  );
}

function loadOptions(
  builtIn: boolean,
  metered: boolean,
  { answers = "copied", limits }: OpenPolicyOptions,
): LoadOptions {
  const cache = builtIn && { cache: transpiledPlugins };
  if (!metered) return { isolation: "none", metering: false, answers, ...cache };
  return { ...cache, ...limits && { limits } };
}

async function readComponent({ source }: PolicyChoice): Promise<Uint8Array> {
  const component = await componentAt(source);
  if (component === undefined) throw unknown(source);
  return component;
}

function unknown(source: string): UserError {
  const names = builtInPolicies();
  const hint = nearest(source, names);
  return new UserError(
    `expected one of ${names.join(", ")}, or the path of a component, but found ` +
      JSON.stringify(source) + (hint === undefined ? "" : `; did you mean ${hint}?`),
  );
}

/**
 * Puts a policy's name before what its plugin did wrong.
 *
 * @throws {UserError} when it did
 */
export async function namingPlugin<T>(
  { label }: PolicyChoice,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof PluginFailure)) throw error;
    throw new UserError(`${label}: ${lowerFirst(error.message)}`);
  }
}

/**
 * Puts a plugin's name before what went wrong with it, once.
 *
 * @throws {UserError} when anything did that is not this program's own
 */
export async function naming<T>(label: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isMistake(error) && !(error instanceof RangeError)) throw error;
    if (error.message.startsWith(`${label}: `)) throw error;
    throw new UserError(`${label}: ${lowerFirst(error.message)}`);
  }
}
