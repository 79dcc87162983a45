/**
 * The options that all evaluations share.
 *
 * @module
 */
import { Command, Option } from "commander";
import { type Checkpoint, openCheckpoint } from "../../../core/eval/checkpoint.ts";
import type { ModelOptions } from "../../../core/llm/language_model.ts";
import { ProviderError } from "../../../core/llm/onnx/provider_error.ts";
import { tinyLlama } from "../../../core/llm/tiny_llama.ts";
import { checkedOption } from "../option.ts";
import { addLimitOptions, type LimitOptions, limitsOf } from "../policy/limit_options.ts";
import type { OpenPolicyOptions, SettleOptions } from "../policy/open_policy.ts";
import { distinctPolicies, parsePolicies, type PolicyChoice } from "../policy/policy_choice.ts";
import { locating, lowerFirst, UserError } from "../user_error.ts";
import { oneOfWords, type ValueParser, wholeNumber } from "../values.ts";

/** The most tokens an option may name. */
export const MOST_TOKENS = 2 ** 24;
/** A number of tokens. */
export const tokens: ValueParser<number> = wholeNumber(1, MOST_TOKENS);

/** Values of the options {@linkcode addCheckpointOptions} adds. */
export interface CheckpointOptions {
  readonly model: string;
  readonly weights: NonNullable<ModelOptions["format"]>;
  readonly provider: NonNullable<ModelOptions["provider"]>;
  readonly threads?: number;
}

/** Values of the options {@linkcode addPolicySettings} adds. */
export interface PolicySettingOptions extends LimitOptions {
  readonly budget: number;
  readonly seed: number;
  readonly denseLayers?: readonly number[];
  readonly calibration?: string;
}

/** Values of the options {@linkcode addModelOptions} adds. */
export interface EvaluationOptions extends CheckpointOptions, PolicySettingOptions {
  readonly policy: readonly PolicyChoice[];
  readonly recall?: number | true;
  readonly output: string;
  readonly json?: true;
}

/** Adds what chooses a model and how it is loaded. */
export function addCheckpointOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--model <folder>",
        "checkpoint in the layout of Hugging Face",
      ).default(tinyLlama, "the tiny model of this repository"),
    )
    .addOption(
      checkedOption(
        "--weights <format>",
        "how weights are held: fp32, int8, int4",
        oneOfWords(["fp32", "int8", "int4"]),
      ).default("fp32"),
    )
    .addOption(
      checkedOption(
        "--provider <name>",
        "where weights are multiplied: cpu, cuda",
        oneOfWords(["cpu", "cuda"]),
      ).default("cpu"),
    )
    .addOption(
      checkedOption(
        "--threads <count>",
        "threads of a matrix product (default: one a core, or 1 for small models)",
        wholeNumber(1, 256),
      ),
    );
}

/** Adds what chooses a model and the policies it is decoded under. */
export function addModelOptions(
  command: Command,
  { policies, output }: { readonly policies: string; readonly output: string },
): Command {
  addCheckpointOptions(command).addOption(policyOption(policies));
  return addPolicySettings(command, "seed of policies that draw")
    .addOption(
      new Option(
        "--recall [tokens]",
        "measure the share kept of so many most relevant tokens; the budget where no number is given",
      ).argParser((text) => locating("--recall", () => tokens(text))),
    )
    .addOption(new Option("--output <folder>", "where results go").default(output))
    .option("--json", "print the records as JSON");
}

/** Adds what is settled for every policy. */
export function addPolicySettings(command: Command, seed: string): Command {
  command
    .addOption(
      checkedOption("--budget <tokens>", "tokens a head may attend to in a step", tokens)
        .default(128),
    )
    .addOption(
      checkedOption("--seed <number>", seed, wholeNumber(0, 2 ** 32 - 1)).default(0),
    )
    .addOption(
      checkedOption(
        "--dense-layers <list>",
        "layers that attend to everything, from 0, e.g. 0,1; or none (default: as a policy says)",
        layerList,
      ),
    )
    .option(
      "--calibration <file>",
      "what policies that ask for it are calibrated to (eval calibrate)",
    );
  return addLimitOptions(command);
}

/** `--policy`, which may be repeated or hold a list. */
function policyOption(standard: string): Option {
  const option = new Option("--policy <names>", "policies, a list or repeated");
  let given: PolicyChoice[] = [];
  return option
    .argParser((text) => {
      given = [...given, ...locating("--policy", () => parsePolicies(text))];
      return distinctPolicies(given);
    })
    .default(parsePolicies(standard), standard);
}

function layerList(text: string): number[] {
  if (text === "none") return [];
  return text.split(",").map((layer) => wholeNumber(0, 1023)(layer.trim()));
}

/** Loads the checkpoint that options name. */
export async function checkpointOf(options: CheckpointOptions): Promise<Checkpoint> {
  const { model, weights, provider, threads } = options;
  try {
    return await openCheckpoint(model, {
      format: weights,
      provider,
      ...threads !== undefined && { threads },
    });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    throw new UserError(`--provider: ${lowerFirst(error.message)}`);
  }
}

/** How options have policies loaded that are decoded under. */
export function decodingOf(options: LimitOptions): OpenPolicyOptions {
  return { answers: "in-place", limits: limitsOf(options) };
}

/** What options settle for every policy. */
export function settingsOf(options: PolicySettingOptions): SettleOptions {
  const { budget, seed, denseLayers, calibration } = options;
  return {
    budget,
    seed,
    ...denseLayers && { denseLayers },
    ...calibration !== undefined && { calibration },
  };
}

/** Tokens that recall is measured over; none where it was not asked for. */
export function recallBudgetOf({ recall, budget }: EvaluationOptions): number | undefined {
  return recall === true ? budget : recall;
}

/** What a result of the tiny model must not be taken for; nothing for other models. */
export function tinyModelNote({ model }: Pick<EvaluationOptions, "model">): string {
  if (model !== tinyLlama) return "";
  return "The tiny model's accuracy is no claim about 7B models: it has 5.3 million parameters and " +
    "a context of 1,024 tokens.\n";
}
