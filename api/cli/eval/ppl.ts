/**
 * `kvpim eval ppl`: how well a model predicts a text under policies.
 *
 * @module
 */
import { Command, Option } from "commander";
import { join } from "node:path";
import type { Checkpoint } from "../../../core/eval/checkpoint.ts";
import { checkpointModel, traceHeaderOf } from "../../../core/eval/checkpoint_model.ts";
import type { EvaluationRecord } from "../../../core/eval/evaluation_record.ts";
import { evaluatePerplexity, MOST_PREDICTED } from "../../../core/eval/perplexity/evaluate.ts";
import {
  type EvaluatedText,
  readEvaluatedText,
} from "../../../core/eval/perplexity/evaluated_text.ts";
import { finishedPerplexity } from "../../../core/eval/perplexity/finished.ts";
import { checkText, sequenceTokens } from "../../../core/eval/perplexity/measure.ts";
import type { PerplexityProtocol } from "../../../core/eval/perplexity/sequence_nll.ts";
import { checkUnderPolicy } from "../../../core/eval/settle_policy.ts";
import { tinyLlama } from "../../../core/llm/tiny_llama.ts";
import { checkedOption } from "../option.ts";
import { OutputFile } from "../output_file.ts";
import { requireOwnFile } from "../own_file.ts";
import { openPolicies } from "../policy/open_policy.ts";
import { isFullAttention, POLICY_SYNTAX } from "../policy/policy_choice.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";
import { locating } from "../user_error.ts";
import { oneOfWords, wholeNumber } from "../values.ts";
import { advising } from "./advice.ts";
import {
  addModelOptions,
  checkpointOf,
  decodingOf,
  type EvaluationOptions,
  recallBudgetOf,
  settingsOf,
  tinyModelNote,
  tokens,
} from "./options.ts";
import { makeOutputFolder, policyFolder } from "./output_folder.ts";
import {
  type PolicyResult,
  resultsJson,
  settleAll,
  type SettledChoice,
  tracePathOf,
  underEach,
} from "./policy_runs.ts";
import { resultTable, rowsLegend, type ScoreColumn } from "./result_table.ts";
import { addTraceOptions, checkTraceLists, newTrace, type TraceOptions } from "./trace_options.ts";

/** Values of the command's options. */
export interface PplOptions extends EvaluationOptions, TraceOptions {
  readonly text: string;
  readonly protocol: PerplexityProtocol;
  readonly start: number;
  readonly tokens?: number;
}

/** The excerpt that comes with the tiny model. */
export const EXCERPT: string = join(tinyLlama, "moby-dick-excerpt.txt");

const DETAILS = `
Protocols (PG-19 as Quest and STARC use it): artifact reads tokens 0 to --start at once and then
every token from --start on as a decode step, so that token --start is read twice; once reads each
token once. Perplexity is exp of the mean negative log-likelihood, in nats, of the predicted tokens.

For each policy, --output gets a folder with log_PG19.txt (running perplexity, a line a token),
ppl_PG19.txt (the final one) and ppl_PG19.json (settings, digests, scores, rows, time). A policy
that an earlier run of the same settings finished is not run again, unless --trace asks for its
trace and that is not there as it was written. One that was interrupted begins again from the first
token: the text is one sequence, and the policy's state is of every token before. Results of other
settings are never replaced: name another folder for these. Until a run ends its running perplexity
is log_PG19.txt.partial, which an interrupted run leaves behind beside the results of an earlier one.
${POLICY_SYNTAX}

Examples:
  kvpim eval ppl --policy full,starc,quest,sparq --budget 128 --recall
  kvpim eval ppl --policy my-policy.wasm --start 511 --protocol once --trace mine.trace
  kvpim eval ppl --model Llama-3.1-8B --text pg19/test/2544.txt --budget 1024 --weights int8`;

/** The command. */
export function pplCommand(surroundings: Surroundings): Command {
  const command = new Command("ppl")
    .description("Perplexity of a text that is decoded token by token under policies.");
  addModelOptions(command, { policies: "full,starc,quest,sparq", output: "eval-ppl" })
    .addOption(
      new Option("--text <file>", "the text").default(EXCERPT, "an excerpt of Moby Dick"),
    );
  return addTraceOptions(addPplOptions(command), "with several policies their names are added")
    .addHelpText("after", DETAILS)
    .action((options: PplOptions) => ppl(options, surroundings));
}

/** Adds which tokens are read and predicted, and how. */
function addPplOptions(command: Command): Command {
  return command
    .addOption(
      checkedOption(
        "--protocol <name>",
        "artifact or once",
        oneOfWords(["artifact", "once"]),
      ).default("artifact"),
    )
    .addOption(
      checkedOption(
        "--start <token>",
        "last token that is read at once, from 0",
        wholeNumber(0, 2 ** 24),
      ).default(0),
    )
    .addOption(
      checkedOption(
        "--tokens <count>",
        `tokens to predict (default: as the model holds, at most ${MOST_PREDICTED})`,
        tokens,
      ),
    );
}

async function ppl(options: PplOptions, surroundings: Surroundings) {
  const results = await runPpl(options, surroundings);
  if (options.json) return surroundings.out(resultsJson(results));
  surroundings.out(reportOf(options, results));
}

/** What `compare` needs that `eval ppl` does not. */
interface PplUse {
  /** Which options say how much of the text is read. */
  readonly lengths: string;
  /** Whether every token asked for has to be predicted, and some layer to be under each policy. */
  readonly isSimulated?: boolean;
  /** Whether the folder of results was made and is held by the caller. */
  readonly hasFolder?: boolean;
  /** Whether a record of other settings may be replaced; none may unless stated. */
  readonly mayReplace?: (record: EvaluationRecord) => boolean;
}

const ALONE: PplUse = { lengths: "--tokens and --start say how many of the text's are read" };

/** Evaluates every policy that is not finished; what can be wrong is found before the first token. */
export async function runPpl(
  options: PplOptions,
  surroundings: Surroundings,
  use: PplUse = ALONE,
): Promise<PolicyResult[]> {
  const { policy: choices, denseLayers, calibration } = options;
  checkTraceLists(options);
  using _folder = use.hasFolder ? null : makeOutputFolder(options.output, choices, "shared");
  for (const choice of choices) {
    const trace = tracePathOf(options.trace, choice, choices);
    requireOwnFile("--trace", trace, { "--text": options.text, "--calibration": calibration });
    if (trace !== undefined) OutputFile.check("--trace", trace);
  }
  // Before the checkpoint, which may take minutes to load.
  using opened = await openPolicies(choices, decodingOf(options));
  await using checkpoint = await checkpointOf(options);
  const runs = await settleAll(opened, checkpoint, settingsOf(options));
  if (use.isSimulated) checkSparseLayers(runs, checkpoint, denseLayers);
  const advice = { "shorter prompts": use.lengths, "other lengths": use.lengths };
  return await advising(advice, async () => {
    const planned: PlannedRun[] = [];
    const text = readEvaluatedText(options.text);
    for (const run of runs) {
      const plan = planOf(options, text, checkpoint, run);
      if (planned.length === 0) checkText({ ...plan, exactly: use.isSimulated });
      const finished = await finishedPerplexity({ ...plan, mayReplace: use.mayReplace });
      planned.push({ ...run, plan, finished });
    }
    return await underEach(
      planned,
      async (run) => run.finished ?? await decode(run, checkpoint, surroundings),
    );
  });
}

function checkSparseLayers(
  runs: readonly SettledChoice[],
  checkpoint: Checkpoint,
  denseLayers: readonly number[] | undefined,
) {
  for (const { choice, settled } of runs) {
    const place = denseLayers ? "--dense-layers" : choice.label;
    locating(place, () => checkUnderPolicy(settled, checkpoint.model.config.layers));
  }
}

/** Evaluates one policy. */
async function decode(
  { choice, settled, plan: { trace, ...planned } }: PlannedRun,
  checkpoint: Checkpoint,
  surroundings: Surroundings,
): Promise<EvaluationRecord> {
  using progress = new Progress(surroundings, choice.label, undefined, "tokens");
  using recorded = trace && newTrace(trace.path, trace.header);
  return await evaluatePerplexity({
    ...planned,
    model: checkpointModel(checkpoint, settled, recorded?.writer),
    trace: recorded,
    onToken: (predicted) => progress.update(predicted, planned.maxTokens),
  });
}

/** What to run under a policy, and the record of an earlier run of the same if there is one. */
interface PlannedRun extends SettledChoice {
  readonly plan: ReturnType<typeof planOf>;
  readonly finished: EvaluationRecord | undefined;
}

function planOf(
  options: PplOptions,
  text: EvaluatedText,
  checkpoint: Checkpoint,
  { choice, settled }: SettledChoice,
) {
  const { protocol, start } = options;
  const room = checkpoint.model.config.maximumPositions - sequenceTokens(protocol, start, 0);
  const path = tracePathOf(options.trace, choice, options.policy);
  return {
    model: checkpointModel(checkpoint, settled),
    text,
    out: policyFolder(options.output, choice),
    protocol,
    start,
    maxTokens: options.tokens ?? Math.max(1, Math.min(MOST_PREDICTED, room)),
    recallBudget: recallBudgetOf(options),
    trace: path === undefined
      ? undefined
      : { path, header: traceHeaderOf(checkpoint, settled, options.traceLists) },
  } as const;
}

function reportOf(options: PplOptions, results: readonly PolicyResult[]): string {
  const { record } = results[0]!;
  const traces = options.trace === undefined
    ? []
    : results.map(({ choice }) => tracePathOf(options.trace, choice, options.policy));
  return [
    `${record.model}: ${record.scores.predictedTokens} tokens predicted after ${
      options.start + 1
    }, ` +
    `protocol ${options.protocol}, budget ${options.budget} tokens\n`,
    resultTable(results, perplexityColumns(results)),
    "",
    rowsLegend(results) + tinyModelNote(options).trimEnd(),
    ...traces.length === 0 ? [] : [`Traces: ${traces.join(", ")}`],
    `Records: ${join(options.output, "*", "ppl_PG19.json")}`,
    "",
  ].join("\n");
}

/** Perplexity, and how much more it is than that of full attention where that is among the results. */
export function perplexityColumns(results: readonly PolicyResult[]): ScoreColumn[] {
  const full = results.find(({ choice }) => isFullAttention(choice));
  const columns: ScoreColumn[] = [
    { head: "perplexity", value: (result) => perplexityOf(result).toFixed(3) },
  ];
  if (!full) return columns;
  const change = (result: PolicyResult) => perplexityOf(result) / perplexityOf(full) - 1;
  return [...columns, { head: "change", value: (result) => signedPercent(change(result)) }];
}

/** The perplexity of a record. */
export function perplexityOf({ record }: PolicyResult): number {
  return Number(record.scores.perplexity);
}

function signedPercent(change: number): string {
  const text = `${(100 * change).toFixed(2)} %`;
  if (/^-?0\.00 /.test(text)) return "0.00 %";
  return change > 0 ? `+${text}` : text;
}
