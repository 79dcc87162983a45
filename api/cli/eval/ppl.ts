/**
 * `kvpim eval ppl`: how well a model predicts a text under policies.
 *
 * @module
 */
import { Command, Option } from "commander";
import { join } from "node:path";
import { createTraceFile } from "../../../core/attention/trace_file.ts";
import type { Checkpoint } from "../../../core/eval/checkpoint.ts";
import {
  checkpointModel,
  type SettledPolicy,
  traceHeaderOf,
} from "../../../core/eval/checkpoint_model.ts";
import {
  evaluatePerplexity,
  finishedPerplexity,
  type PerplexityOptions,
} from "../../../core/eval/perplexity/evaluate.ts";
import type { PerplexityProtocol } from "../../../core/eval/perplexity/sequence_nll.ts";
import { tinyLlama } from "../../../core/llm/tiny_llama.ts";
import { checkedOption } from "../option.ts";
import { OutputFile } from "../output_file.ts";
import { openPolicies } from "../policy/open_policy.ts";
import { fileNameOf, POLICY_SYNTAX, type PolicyChoice } from "../policy/policy_choice.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";
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
import { makeFolder, type PolicyResult, tracePathOf, underEach } from "./policy_runs.ts";
import { resultTable, rowsLegend, type ScoreColumn } from "./result_table.ts";
import { addTraceOptions, checkTraceLists, hasTrace, type TraceOptions } from "./trace_options.ts";

/** Values of the command's options. */
export interface PplOptions extends EvaluationOptions, TraceOptions {
  readonly text: string;
  readonly protocol: PerplexityProtocol;
  readonly start: number;
  readonly tokens?: number;
}

/** The artifact's bound of PG-19. */
const MOST_PREDICTED = 32_000;

/** The excerpt that comes with the tiny model. */
export const EXCERPT: string = join(tinyLlama, "moby-dick-excerpt.txt");

const DETAILS = `
Protocols (PG-19 as Quest and STARC use it): artifact reads tokens 0 to --start at once and then
every token from --start on as a decode step, so that token --start is read twice; once reads each
token once. Perplexity is exp of the mean negative log-likelihood, in nats, of the predicted tokens.

For each policy, --output gets a folder with log_PG19.txt (running perplexity, a line a token),
ppl_PG19.txt (the final one) and ppl_PG19.json (settings, digests, scores, rows, time). A policy
that an earlier run of the same settings finished is not run again.
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
export function addPplOptions(command: Command): Command {
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
  if (options.json) {
    const records = results.map(({ choice, record }) => ({ policy: choice.label, record }));
    return surroundings.out(`${JSON.stringify({ results: records }, null, 2)}\n`);
  }
  surroundings.out(reportOf(options, results));
}

/** Evaluates every policy that is not finished. */
export async function runPpl(
  options: PplOptions,
  surroundings: Surroundings,
): Promise<PolicyResult[]> {
  const { policy: choices } = options;
  checkTraceLists(options);
  makeFolder("--output", options.output);
  for (const choice of choices) {
    const trace = tracePathOf(options.trace, choice, choices);
    if (trace !== undefined) OutputFile.check("--trace", trace);
  }
  const settings = settingsOf(options);
  // Before the checkpoint, which may take minutes to load.
  using opened = await openPolicies(choices, decodingOf(options));
  await using checkpoint = await checkpointOf(options);
  return await underEach(
    opened,
    checkpoint,
    settings,
    (choice, settled) =>
      advising(
        { "shorter prompts": "--tokens and --start say how many of the text's are read" },
        () => runPolicy(options, checkpoint, choice, settled, surroundings),
      ),
  );
}

async function runPolicy(
  options: PplOptions,
  checkpoint: Checkpoint,
  choice: PolicyChoice,
  settled: SettledPolicy,
  surroundings: Surroundings,
) {
  const trace = tracePathOf(options.trace, choice, options.policy);
  const planned = perplexityOptions(options, checkpoint, choice, settled, trace);
  const header = traceHeaderOf(checkpoint, settled, options.traceLists);
  const finished = finishedPerplexity(planned);
  if (finished && (trace === undefined || await hasTrace(trace, header))) return finished;
  using progress = new Progress(surroundings, choice.label, undefined, "tokens");
  using file = trace === undefined ? undefined : createTraceFile(trace, header);
  const record = await evaluatePerplexity({
    ...planned,
    model: checkpointModel(checkpoint, settled, file?.writer),
    onToken: (predicted) => progress.update(predicted, planned.maxTokens),
  });
  file?.writer.end();
  return record;
}

function perplexityOptions(
  options: PplOptions,
  checkpoint: Checkpoint,
  choice: PolicyChoice,
  settled: SettledPolicy,
  trace: string | undefined,
): PerplexityOptions {
  const { text, protocol, start } = options;
  const again = protocol === "artifact" ? 1 : 0;
  const room = checkpoint.model.config.maximumPositions - start - again;
  return {
    model: checkpointModel(checkpoint, settled),
    text,
    out: join(options.output, fileNameOf(choice)),
    protocol,
    start,
    maxTokens: options.tokens ?? Math.max(1, Math.min(MOST_PREDICTED, room)),
    recallBudget: recallBudgetOf(options),
    trace,
  };
}

function reportOf(options: PplOptions, results: readonly PolicyResult[]): string {
  const { record } = results[0]!;
  const traces = results.flatMap(({ record }) => record.trace ?? []);
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
  const full = results.find(({ record }) => record.policy.name === "full");
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
