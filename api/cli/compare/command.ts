/**
 * `kvpim compare`: the whole way, from a text to accuracy, latency and energy.
 *
 * @module
 */
import { Command, Option } from "commander";
import { dirname, join, resolve } from "node:path";
import type { EvaluationRecord } from "../../../core/eval/evaluation_record.ts";
import { gpus } from "../../../core/hardware/gpus.ts";
import { models } from "../../../core/hardware/models.ts";
import { levelsOf } from "../../../core/system/machine.ts";
import { EXCERPT, runPpl } from "../eval/ppl.ts";
import { addModelOptions, tokens } from "../eval/options.ts";
import { makeOutputFolder } from "../eval/output_folder.ts";
import { tracePathOf } from "../eval/policy_runs.ts";
import { traceListsOption } from "../eval/trace_options.ts";
import { addMemoryChoice, openMemory } from "../memory_access.ts";
import { checkedOption } from "../option.ts";
import { OutputFile, writeFile } from "../output_file.ts";
import { requireOwnFile } from "../own_file.ts";
import {
  distinctPolicies,
  isFullAttention,
  parsePolicies,
  POLICY_SYNTAX,
  type PolicyChoice,
} from "../policy/policy_choice.ts";
import { chartSvg } from "../simulate/chart.ts";
import { checkResultFile, inColumnOrder, writeResults } from "../simulate/result_file.ts";
import type { Surroundings } from "../surroundings.ts";
import { oneOfWords, wholeNumber } from "../values.ts";
import type { CompareOptions } from "./options.ts";
import { reportOf } from "./report.ts";
import {
  type ComparedPolicy,
  simulateTraces,
  systemOf,
  type TracedResult,
} from "./simulate_traces.ts";

const DETAILS = `
1. The model reads --prompt tokens of the text at once and predicts the next --tokens one by one,
   under each policy; perplexity is exp of the mean negative log-likelihood, in nats.
2. What each step attended to is recorded; its rows of 16 tokens, as the policy placed them and in
   the mean over heads and layers under the policy, become the step's budget in tokens.
3. The same steps of a model of --shape are simulated with these budgets on dgx-attacc (with
   --powerlimit, --ffopt and --pipeopt, profile artifact), full attention without budgets: latency in
   ms and energy in J of one decode step of the batch, all of whose requests read the same. With --charge
   what the trace says was read to decide, as a share of the keys, and clustering of every 64 tokens
   where the trace says so (starc) are charged, as simulate --selection and --clustering online do.

--output gets the records and traces, result.csv (the artifact's 51 columns, a row a policy) and
result.svg. Policies that an earlier run of the same settings finished are not decoded again; results
of an earlier comparison of other settings are replaced, as result.csv is, those of eval ppl are not.
${POLICY_SYNTAX}

Examples:
  kvpim compare
  kvpim compare --policy full,oracle-topk,random --budget 64 --recall
  kvpim compare --policy my-policy.wasm --shape LLAMA-7B --batch 16`;

/** The command. */
export function compareCommand(surroundings: Surroundings): Command {
  const command = new Command("compare")
    .description("Decode a text under policies and simulate what they read: accuracy and cost.");
  addModelOptions(command, { policies: "full,starc,quest,sparq", output: "compare" })
    .addOption(
      new Option("--text <file>", "the text").default(EXCERPT, "an excerpt of Moby Dick"),
    )
    .addOption(
      checkedOption("--prompt <tokens>", "tokens that are read at once", tokens).default(512),
    )
    .addOption(
      checkedOption(
        "--tokens <count>",
        "tokens to predict; at least 2",
        wholeNumber(2, 2 ** 20),
      ).default(512),
    )
    .addOption(traceListsOption());
  addSystemOptions(command);
  return addMemoryChoice(command)
    .addHelpText("after", DETAILS)
    .action((options: CompareOptions) => compare(options, surroundings));
}

function addSystemOptions(command: Command) {
  const shapes = Object.keys(models) as (keyof typeof models)[];
  command
    .addOption(
      checkedOption(
        "--shape <name>",
        `model that is simulated: ${shapes.join(", ")}`,
        oneOfWords(shapes),
      ).default("Mistral-7B"),
    )
    .addOption(
      checkedOption("--batch <requests>", "requests decoded together", wholeNumber(1, 2 ** 20))
        .default(128),
    )
    .addOption(
      checkedOption("--gpu <name>", "A100a or H100", oneOfWords(Object.keys(gpus))).default("H100"),
    )
    .addOption(checkedOption("--ngpu <count>", "GPUs", wholeNumber(1, 1024)).default(8))
    .addOption(
      checkedOption(
        "--pim <name>",
        "where the GEMV units sit: bank, bg, buffer",
        oneOfWords(["bank", "bg", "buffer"]),
      ).default("bank"),
    )
    .option("--charge", "charge deciding and clustering, too, where they are known");
}

async function compare(given: CompareOptions, surroundings: Surroundings) {
  const options = { ...given, policy: withFull(given.policy) };
  const files = {
    table: join(options.output, "result.csv"),
    picture: join(options.output, "result.svg"),
  };
  checkFiles(options, Object.values(files));
  // Before anything is decoded: the system, its memory, and where results go.
  const system = systemOf(options, { sparsity: null });
  using _folder = makeOutputFolder(options.output, options.policy, "alone");
  checkResultFile({ path: files.table, append: false });
  OutputFile.check("--output", files.picture);
  using opened = await openMemory(options, surroundings.env, levelsOf([system]));
  const traced = await decode(options, surroundings);
  const compared = await simulateTraces(traced, options, opened.memory, surroundings);
  writeResults(
    { path: files.table, append: false },
    compared.map(({ simulated }) => simulated.row),
  );
  const full = compared.find(isFull)!;
  const methods = compared.map(({ simulated }) => simulated);
  writeFile("--output", files.picture, await chartSvg(full.spec, methods, full.simulated));
  if (options.json) return surroundings.out(json(compared));
  surroundings.out(reportOf(compared, full, options, files));
}

/** Results are many files in one folder, none of which may be one that is read. */
function checkFiles(options: CompareOptions, written: readonly string[]) {
  const { text, calibration, memory, policy } = options;
  const read = { "--text": text, "--calibration": calibration, "--memory": memory };
  const traces = policy.map((choice) => tracePathOf(traceOf(options), choice, policy));
  for (const path of [...written, ...traces]) requireOwnFile("--output", path, read);
}

/** What the traces of all policies are named after. */
function traceOf({ output }: CompareOptions): string {
  return join(output, "attention.trace");
}

/** Evaluates every policy that is not finished, with its trace. */
async function decode(
  options: CompareOptions,
  surroundings: Surroundings,
): Promise<TracedResult[]> {
  const trace = traceOf(options);
  const decoded = await runPpl(
    { ...options, protocol: "once", start: options.prompt - 1, trace },
    surroundings,
    {
      lengths: "--prompt and --tokens say how many of the text's are read",
      isSimulated: true,
      hasFolder: true,
      mayReplace: (record) => isOwn(record, options.output),
    },
  );
  return decoded.map((result) => ({
    ...result,
    trace: tracePathOf(trace, result.choice, options.policy),
  }));
}

/**
 * Whether a record is of an earlier comparison: its trace is in the same folder. As `result.csv`, it
 * makes way for one of other settings; a record of `eval ppl` does not.
 */
function isOwn({ trace }: EvaluationRecord, output: string): boolean {
  return trace !== null && resolve(dirname(trace)) === resolve(output);
}

/** Full attention is what all are measured against. */
function withFull(choices: readonly PolicyChoice[]): readonly PolicyChoice[] {
  return choices.some(isFullAttention)
    ? choices
    : distinctPolicies([...parsePolicies("full"), ...choices]);
}

function isFull({ choice }: ComparedPolicy): boolean {
  return isFullAttention(choice);
}

function json(compared: readonly ComparedPolicy[]): string {
  const policies = compared.map(({ choice, record, simulated, spec }) => ({
    policy: choice.label,
    record,
    row: inColumnOrder(simulated.row),
    notes: simulated.notes,
    spec,
  }));
  return `${JSON.stringify({ policies }, null, 2)}\n`;
}
