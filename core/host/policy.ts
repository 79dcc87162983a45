import type {
  Config,
  Description,
  Observation,
  ParameterValue,
  PolicyError,
  Selection,
  Step,
  TokenBlock,
  Update,
} from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { ContractBreach } from "./contract_breach.ts";
import { type LoadedPlugin, type LoadOptions, loadPlugin } from "./load_plugin.ts";
import type { Outcome } from "./outcome.ts";
import type { InstanceId, PluginRunner } from "./plugin_runner.ts";
import { checkDescription, PolicyLedger } from "./policy_checks.ts";
import { TokenSetCheck } from "./token_set_check.ts";

/** How a call to a policy ended. */
export type PolicyOutcome<T> = Outcome<T, PolicyError>;

/** Loads a policy. */
export async function loadPolicy(
  bytes: Uint8Array,
  options: LoadOptions = {},
): Promise<Outcome<Policy>> {
  const loaded = await loadPlugin(bytes, "policy", options);
  return loaded.kind === "ok" ? { ...loaded, value: new Policy(loaded.value) } : loaded;
}

/** A policy ready to run. */
export class Policy {
  readonly #runner: PluginRunner;

  constructor(readonly plugin: LoadedPlugin) {
    this.#runner = plugin.runner;
  }

  /** What the policy is and needs for these parameters; for its defaults without any. */
  async describe(parameters: readonly ParameterValue[] = []): Promise<PolicyOutcome<Description>> {
    const instance = await this.#runner.instantiate();
    if (instance.kind !== "ok") return instance;
    const outcome = await this.#describeIn(instance.value, parameters);
    this.#runner.discard(instance.value);
    return outcome;
  }

  /** Starts a session in an instance of its own. */
  async open(config: Config): Promise<PolicyOutcome<PolicySession>> {
    const instance = await this.#runner.instantiate();
    if (instance.kind !== "ok") return instance;
    const description = await this.#describeIn(instance.value, config.parameters);
    if (description.kind !== "ok") return description;
    const opened = await this.#runner.call(instance.value, "open", [config]);
    if (opened.kind !== "ok") {
      this.#runner.discard(instance.value);
      return opened as PolicyOutcome<PolicySession>;
    }
    const sets = await TokenSetCheck.ofThread();
    const ledger = new PolicyLedger(config, description.value, sets);
    const handle = opened.value as number;
    const value = new PolicySession(this.#runner, instance.value, handle, ledger);
    return { ...opened, value };
  }

  /** Ends the policy and all its sessions. */
  close(): void {
    this.#runner.close();
  }

  async #describeIn(
    instance: InstanceId,
    parameters: readonly ParameterValue[],
  ): Promise<PolicyOutcome<Description>> {
    const outcome = await this.#runner.call(instance, "describe", [parameters]);
    return checked(outcome as PolicyOutcome<Description>, checkDescription);
  }
}

/**
 * A policy at work on one layer. Every answer is checked; one that breaks the contract ends the
 * session, and later calls end in the same outcome.
 */
export class PolicySession {
  #broken: Outcome<never> | null = null;

  constructor(
    private readonly runner: PluginRunner,
    private readonly instance: InstanceId,
    private readonly handle: number,
    private readonly ledger: PolicyLedger,
  ) {}

  /** Adds tokens of the prompt; may be called several times. */
  async prefill(tokens: TokenBlock): Promise<PolicyOutcome<void>> {
    const outcome = await this.#call<void>("prefill", tokens, () => {});
    if (outcome.kind === "ok") this.ledger.enter(tokens.count, true);
    return outcome;
  }

  /** Says that the prompt is complete. */
  endPrefill(weights: Observation = NO_OBSERVATION): Promise<PolicyOutcome<Update>> {
    return this.#call<Update>("end-prefill", weights, (update) => this.ledger.checkUpdate(update));
  }

  /** Adds generated tokens. */
  append(tokens: TokenBlock): Promise<PolicyOutcome<Update>> {
    return this.#call<Update>("append", tokens, (update) => {
      this.ledger.enter(tokens.count, false);
      this.ledger.checkUpdate(update);
    });
  }

  /** Chooses what this step's queries attend to. */
  select(step: Step): Promise<PolicyOutcome<Selection>> {
    return this.#call<Selection>("select", step, (one) => this.ledger.checkSelection(one));
  }

  /** Hands over attention weights. */
  observe(weights: Observation): Promise<PolicyOutcome<Update>> {
    return this.#call<Update>("observe", weights, (update) => this.ledger.checkUpdate(update));
  }

  /** Lets go of the session and its memory. */
  close(): void {
    this.runner.discard(this.instance);
  }

  async #call<T>(
    name: string,
    value: unknown,
    check: (value: T) => void,
  ): Promise<PolicyOutcome<T>> {
    if (this.#broken !== null) return this.#broken;
    const outcome = await this.runner.call(this.instance, name, [value], this.handle);
    const result = checked(outcome as PolicyOutcome<T>, check);
    if (result.kind !== "ok" && result.kind !== "declined") this.#broken = result;
    return result;
  }
}

const NO_OBSERVATION: Observation = {
  offsets: new Uint32Array(0),
  tokens: new Uint32Array(0),
  weights: new Float32Array(0),
};

function checked<T>(outcome: PolicyOutcome<T>, check: (value: T) => void): PolicyOutcome<T> {
  if (outcome.kind !== "ok") return outcome;
  try {
    check(outcome.value);
    return outcome;
  } catch (error) {
    if (error instanceof ContractBreach) return { kind: "broke-contract", breach: error.message };
    throw error;
  }
}
