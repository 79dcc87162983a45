/**
 * What `kvpim generate` can be told.
 *
 * @module
 */
import { type Command, Option } from "commander";
import type { GenerationConfig } from "../../../core/llm/generation_config.ts";
import type { SamplingOptions } from "../../../core/llm/sampling.ts";
import {
  addCheckpointOptions,
  addPolicySettings,
  type CheckpointOptions,
  type PolicySettingOptions,
  tokens,
} from "../eval/options.ts";
import { addTraceOptions, type TraceOptions } from "../eval/trace_options.ts";
import { checkedOption, repeatableOption } from "../option.ts";
import { parsePolicies, type PolicyChoice } from "../policy/policy_choice.ts";
import { locating, unexpected, UserError } from "../user_error.ts";
import { decimalNumber, share, type ValueParser, wholeNumber } from "../values.ts";

/** Where prompts come from, and what becomes of them. */
export interface PromptOptions {
  readonly prompt?: readonly string[];
  readonly promptFile?: readonly string[];
  readonly promptLines?: readonly string[];
  readonly chat?: true;
}

/** How tokens are chosen. */
interface ChoiceOptions {
  readonly greedy?: true;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
}

/** Values of the command's options. */
export interface GenerateCliOptions
  extends CheckpointOptions, PolicySettingOptions, TraceOptions, PromptOptions, ChoiceOptions {
  readonly policy?: PolicyChoice;
  readonly maxNewTokens: number;
  readonly json?: true;
}

/** Adds all of them. */
export function addGenerateOptions(command: Command): Command {
  addPromptOptions(command);
  addChoiceOptions(command);
  addCheckpointOptions(command).addOption(
    new Option("--policy <name>", "what decode steps attend to (default: full)")
      .argParser((text, earlier: PolicyChoice | undefined) =>
        locating("--policy", () => onePolicy(text, earlier))
      ),
  );
  addPolicySettings(command, "seed of what is drawn: tokens, and by policies that draw");
  return addTraceOptions(command, "with several prompts their numbers are added")
    .option("--json", "print texts, tokens and rows as JSON");
}

function addPromptOptions(command: Command) {
  const text = (given: string) => given;
  command
    .addOption(repeatableOption("--prompt <text>", "what is continued; may be repeated", text))
    .addOption(
      repeatableOption(
        "--prompt-file <file>",
        "a file that is a prompt, without the line ending at its end; may be repeated",
        text,
      ),
    )
    .addOption(
      repeatableOption("--prompt-lines <file>", "a file each line of which is a prompt", text),
    )
    .option("--chat", "put each prompt into the model's chat template");
}

function addChoiceOptions(command: Command) {
  command
    .addOption(
      checkedOption("--max-new-tokens <count>", "most tokens of a continuation", tokens)
        .default(128),
    )
    .addOption(
      new Option("--greedy", "take the likeliest token each time")
        .conflicts(["temperature", "topK", "topP", "minP"]),
    )
    .addOption(
      checkedOption(
        "--temperature <number>",
        "draw tokens: what logits are divided by; 0 is --greedy (default: as the model's authors say)",
        temperature,
      ),
    )
    .addOption(
      checkedOption(
        "--top-k <count>",
        "draw from so many of the likeliest tokens; 0 for all (default: as they say, else 50)",
        wholeNumber(0, 2 ** 24),
      ),
    )
    .addOption(
      checkedOption(
        "--top-p <share>",
        "draw from the fewest likeliest tokens that have this share (default: as they say, else 1)",
        share,
      ),
    )
    .addOption(
      checkedOption(
        "--min-p <share>",
        "draw from tokens with at least this part of the likeliest's probability (default: as they say, else 0)",
        upToOne,
      ),
    )
    .addOption(
      checkedOption(
        "--repetition-penalty <number>",
        "what logits of tokens that came before are divided by, drawn or not; 1 for none (default: as they say, else 1)",
        penalty,
      ),
    );
}

const temperature: ValueParser<number> = (text) => {
  const value = decimalNumber(text);
  if (value >= 0 && value < Infinity) return value;
  throw unexpected("a number from 0", text);
};

const upToOne: ValueParser<number> = (text) => {
  const value = decimalNumber(text);
  if (value >= 0 && value <= 1) return value;
  throw unexpected("a number from 0 to 1", text);
};

const penalty: ValueParser<number> = (text) => {
  const value = decimalNumber(text);
  if (value > 0 && value < Infinity) return value;
  throw unexpected("a number above 0", text);
};

function onePolicy(text: string, earlier: PolicyChoice | undefined): PolicyChoice {
  const [choice, ...others] = parsePolicies(text);
  if (earlier) throw new UserError(`expected one policy but found ${text} beside ${earlier.label}`);
  if (others.length === 0) return choice!;
  throw new UserError(`expected one policy but found ${others.length + 1} in ${text}`);
}

/** The policy that is asked for, or full attention. */
export function policyOf({ policy }: Pick<GenerateCliOptions, "policy">): PolicyChoice {
  return policy ?? parsePolicies("full")[0]!;
}

/**
 * How tokens are drawn, or nothing where the likeliest is taken: as options say, else as the model's
 * generation_config.json does.
 *
 * @throws {UserError} when they say what to draw from and that nothing is drawn
 *
 * @example
 * ```ts
 * import { samplingOf } from "./options.ts";
 * import { deepEqual, equal } from "node:assert/strict";
 *
 * const drawn = { temperature: 0.6, topK: 50, topP: 0.9, minP: 0, typicalP: 1 };
 * const advised = { ...drawn, endTokens: [2], sample: true, repetitionPenalty: 1, notUsed: [] };
 * deepEqual(samplingOf({ topP: 1 }, advised), { ...drawn, topP: 1 });
 * equal(samplingOf({ greedy: true }, advised), undefined);
 * equal(samplingOf({}, { ...advised, sample: false }), undefined);
 * ```
 */
export function samplingOf(
  { greedy, ...given }: ChoiceOptions,
  advised: GenerationConfig,
): Required<SamplingOptions> | undefined {
  const settings = [given.temperature, given.topK, given.topP, given.minP];
  const asked = settings.some((value) => value !== undefined);
  if (greedy || !(asked || advised.sample)) return undefined;
  const { temperature = advised.temperature, topK = advised.topK } = given;
  const { topP = advised.topP, minP = advised.minP } = given;
  const { typicalP } = advised;
  if (temperature === 0) checkGreedy(given);
  return temperature === 0 ? undefined : { temperature, topK, topP, minP, typicalP };
}

/** Tokens that are not drawn are not drawn from fewer. */
function checkGreedy({ topK, topP, minP }: ChoiceOptions) {
  const entries = Object.entries({ "top-k": topK, "top-p": topP, "min-p": minP });
  const idle = entries.find(([, value]) => value !== undefined);
  if (!idle) return;
  throw new UserError(
    `--${idle[0]}: expected a temperature above 0 beside it but found 0, which is --greedy`,
  );
}
