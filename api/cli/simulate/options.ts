/**
 * The options of the artifact's main.py and the experiment they describe.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { gpus } from "../../../core/hardware/gpus.ts";
import { models } from "../../../core/hardware/models.ts";
import { policies } from "../../../core/system/policy_metadata.ts";
import { parseSystemSpec, type SystemOptions, type SystemSpec } from "../../../core/system/spec.ts";
import { profiles } from "../../../core/system/switches.ts";
import type { MemoryChoice } from "../memory_access.ts";
import { checkedOption, repeatableOption } from "../option.ts";
import { UserError, userFacing } from "../user_error.ts";
import { decimalNumber, integer, oneOfWords } from "../values.ts";

/** With `--compare`: each method is charged with the reads of the policy of its name. */
export const BY_METHOD = "by-method";

/** Whose reads are charged. */
type SelectionOptions = Pick<SystemOptions, "selection" | "selectionParameters">;

/** What main.py is told, under its names, and what kvpim adds to it. */
export interface ExperimentOptions {
  readonly system: NonNullable<SystemOptions["system"]>;
  readonly gpu: NonNullable<SystemOptions["gpu"]>;
  readonly ngpu: number;
  readonly gmemcap: number;
  readonly pim: NonNullable<SystemOptions["pim"]>;
  readonly powerlimit: boolean;
  readonly ffopt: boolean;
  readonly pipeopt: boolean;
  readonly model: NonNullable<SystemOptions["model"]>;
  readonly word: number;
  readonly lin: number;
  readonly lout: number;
  readonly batch: number;
  readonly sparsity: boolean;
  readonly kv_budget: number;
  readonly row_size: number;
  readonly sparsity_ratio: number;
  readonly kv_budget_dict?: string;
  readonly kv_budget_table?: string;
  readonly trace?: string;
  readonly tile: boolean;
  readonly concatenate: boolean;
  readonly profile: NonNullable<SystemOptions["profile"]>;
  readonly switch?: readonly (readonly [name: string, value: string])[];
  readonly clustering: NonNullable<SystemOptions["clustering"]>;
  readonly selection: SelectionOptions | typeof BY_METHOD;
  readonly rows: NonNullable<SystemOptions["rows"]>;
  readonly locality?: number;
  readonly seed: number;
  readonly sampledSteps: number;
}

/** One way to read the KV cache, to be compared with others. */
export interface Method {
  /** e.g. `"STARC"`. */
  readonly name: string;
  /** What to say about its budgets, e.g. `"mean of its table"`. */
  readonly note: string;
  /** As given: `full`, a number, a list or a path. */
  readonly budget: string;
}

/** All options of the command. */
export interface SimulateOptions extends ExperimentOptions, MemoryChoice {
  readonly compare?: true;
  readonly method?: readonly Method[];
  readonly chart?: string;
  readonly output?: string;
  readonly append: boolean;
  readonly blocks?: string;
  readonly json?: true;
  readonly listSwitches?: true;
}

/** Options that say what one experiment reads, which methods say of themselves. */
export const READING_OPTIONS: readonly (keyof ExperimentOptions)[] = [
  "sparsity",
  "kv_budget",
  "kv_budget_dict",
  "kv_budget_table",
  "sparsity_ratio",
  "trace",
];

/** Which tokens each step reads; `null` is all of them. */
export type Sparsity = SystemOptions["sparsity"];

/** Adds the options of an experiment. */
export function addExperimentOptions(command: Command): Command {
  const name = <T extends string>(
    flag: string,
    description: string,
    words: readonly T[],
    standard: T,
  ) =>
    command.addOption(
      checkedOption(`--${flag} <name>`, description, oneOfWords(words)).default(standard),
    );
  const number = (flag: string, unit: string, description: string, standard: number) =>
    command.addOption(
      checkedOption(`--${flag} <${unit}>`, description, integer).default(standard),
    );
  name("system", "where attention runs: dgx, dgx-cpu, dgx-attacc", [
    "dgx",
    "dgx-cpu",
    "dgx-attacc",
  ], "dgx");
  name("gpu", "A100a or H100", Object.keys(gpus), "A100a");
  number("ngpu", "count", "GPUs", 8);
  number("gmemcap", "GiB", "memory of one GPU, in GiB", 80);
  name("pim", "where the GEMV units sit: bank, bg, buffer", ["bank", "bg", "buffer"], "bank");
  command
    .option("--powerlimit", "PIM keeps within its power budget", false)
    .option("--ffopt", "the accelerator shares feed-forward layers", false)
    .option("--pipeopt", "projections overlap attention", false);
  name("model", `one of ${Object.keys(models).join(", ")}`, Object.keys(models), "GPT-175B");
  number("word", "bytes", "bytes of a weight or activation: 2 (W16A16) or 1 (W8A8)", 2);
  number("lin", "tokens", "tokens of the prompt", 2048);
  number("lout", "tokens", "tokens generated, the prompt's own included; at least 2", 128);
  number("batch", "requests", "requests decoded together", 1);
  addSparsityOptions(command, number);
  addPlaceOptions(command, number);
  name("profile", `whose quirks: ${profiles.join(", ")}`, profiles, "artifact");
  return command
    .addOption(
      repeatableOption("--switch <name=value>", "change one quirk; may be repeated", pair),
    )
    .addOption(
      checkedOption(
        "--clustering <when>",
        "STARC's clustering: none, last-step (the whole context once, in the last step, as the " +
          "artifact does) or online (64 tokens every 64 steps)",
        oneOfWords(["none", "last-step", "online"]),
      ).default("none"),
    )
    .addOption(
      checkedOption(
        "--selection <policy>",
        `whose reads to decide are charged: none, ${Object.keys(policies).join(", ")}, with ` +
          "parameters after colons (sparq:rank=64), or with --compare by-method",
        selection,
      ).default({ selection: "none" }, "none"),
    );
}

function addPlaceOptions(
  command: Command,
  number: (flag: string, unit: string, description: string, standard: number) => void,
) {
  command
    .addOption(
      checkedOption(
        "--rows <how>",
        "compact: kept tokens lie side by side, as the artifact has it; scattered: where they may lie",
        oneOfWords(["compact", "scattered"]),
      ).default("compact"),
    )
    .addOption(
      checkedOption(
        "--locality <blocks>",
        "with scattered rows: mean run of 16-token blocks that are read (default: any block alike)",
        decimalNumber,
      ),
    );
  number("seed", "number", "with scattered rows: what blocks are drawn from", 1);
  number(
    "sampled-steps",
    "steps",
    "with scattered rows: most steps simulated, the others are estimated from them",
    256,
  );
}

function addSparsityOptions(
  command: Command,
  number: (flag: string, unit: string, description: string, standard: number) => void,
) {
  command.option("--sparsity", "read only the tokens of a budget, a table or a share", false);
  number("kv_budget", "tokens", "with --sparsity: tokens every step reads; 0 for the share", 0);
  number("row_size", "tokens", "tokens of a row: budgets are rounded up to rows", 16);
  command
    .addOption(
      checkedOption(
        "--sparsity_ratio <share>",
        "with --sparsity and no budget: share of the rows read",
        decimalNumber,
      ).default(0.25),
    )
    .addOption(
      new Option("--kv_budget_dict <list>", "with --sparsity: budgets of the steps, e.g. 256,512")
        .conflicts(["kv_budget_table", "kv_budget"]),
    )
    .addOption(
      new Option(
        "--kv_budget_table <file>",
        "with --sparsity: budgets of the steps, .txt (one a line) or .csv (a header, first column)",
      ).conflicts("kv_budget"),
    );
  addTraceOptions(command);
}

function addTraceOptions(command: Command) {
  command
    .addOption(
      new Option("--trace <file>", "budgets of the steps from an attention trace")
        .conflicts(["sparsity", "kv_budget", "kv_budget_dict", "kv_budget_table"]),
    )
    .option("--tile", "repeat a trace that has fewer steps than are decoded", false)
    .option("--concatenate", "put a trace's samples one behind the other", false);
}

const namesOf = <Table extends object>(table: Table) =>
  Object.keys(table) as (string & keyof Table)[];

function pair(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new UserError(`expected NAME=VALUE but found ${JSON.stringify(text)}`);
}

const policyName = oneOfWords(["none", ...namesOf(policies), BY_METHOD]);

/** `none`, `by-method`, or a policy with parameters after colons. */
function selection(text: string): ExperimentOptions["selection"] {
  const [word = "", ...parameters] = text.split(":");
  const name = policyName(word);
  if (name === BY_METHOD && parameters.length === 0) return name;
  if (name === BY_METHOD) throw new UserError(`expected by-method alone but found ${text}`);
  const entries = parameters.map((parameter) => {
    const [key, value] = pair(parameter);
    return [key, decimalNumber(value)] as const;
  });
  return { selection: name, selectionParameters: Object.fromEntries(entries) };
}

/** Whose reads are charged to a method. */
export function selectionOf(
  { selection }: Pick<ExperimentOptions, "selection">,
  method: string,
): SelectionOptions {
  if (selection !== BY_METHOD) return selection;
  return { selection: policyNamed(method) ?? "none" };
}

/** Whether a method is the one whose work clustering is. */
export function isStarc({ name }: Method): boolean {
  return policyNamed(name) === "starc";
}

/** The policy a method is named after, if any. */
export function policyNamed(method: string): keyof typeof policies | undefined {
  return namesOf(policies).find((policy) => policy === method.toLowerCase());
}

/**
 * The experiment that options describe, with a sparsity of its own.
 *
 * @throws {UserError} naming the first option that is wrong
 */
export function toSpec(
  options: ExperimentOptions,
  sparsity: Sparsity,
  clustering: ExperimentOptions["clustering"],
  selection: SelectionOptions = selectionOf(options, ""),
): SystemSpec {
  const { system, gpu, ngpu, gmemcap, pim, powerlimit, ffopt, pipeopt, model } = options;
  const { word, lin, lout, batch, profile, rows, locality = null, seed, sampledSteps } = options;
  return userFacing(() =>
    parseSystemSpec({
      system,
      gpu,
      ngpu,
      gmemcap,
      pim,
      powerlimit,
      ffopt,
      pipeopt,
      model,
      word,
      lin,
      lout,
      batch,
      sparsity,
      clustering,
      ...selection,
      rows,
      locality,
      seed,
      sampledSteps,
      profile,
      switches: Object.fromEntries(options.switch ?? []),
    })
  );
}
