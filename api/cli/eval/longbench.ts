/**
 * `kvpim eval longbench`: LongBench under policies.
 *
 * @module
 */
import { Command } from "commander";
import { dirname, join } from "node:path";
import type { Checkpoint } from "../../../core/eval/checkpoint.ts";
import {
  checkpointModel,
  type SettledPolicy,
  traceHeaderOf,
} from "../../../core/eval/checkpoint_model.ts";
import {
  evaluateLongBench,
  type LongBenchOptions,
  planLongBench,
} from "../../../core/eval/longbench/evaluate.ts";
import { LEAST_PROMPT_TOKENS, readMaxPromptTokens } from "../../../core/eval/longbench/files.ts";
import {
  LONGBENCH_PROTOCOLS,
  type LongBenchProtocol,
} from "../../../core/eval/longbench/protocol.ts";
import { writeResultFile } from "../../../core/eval/longbench/result_file.ts";
import {
  LONGBENCH_TASK_NAMES,
  type LongBenchTaskName,
} from "../../../core/eval/longbench/tasks.ts";
import { checkedOption } from "../option.ts";
import { namingPlugin, openPolicies, settlePolicy } from "../policy/open_policy.ts";
import { fileNameOf, POLICY_SYNTAX, type PolicyChoice } from "../policy/policy_choice.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";
import { listOfWords, oneOfWords, wholeNumber } from "../values.ts";
import { advising } from "./advice.ts";
import {
  addModelOptions,
  checkpointOf,
  decodingOf,
  type EvaluationOptions,
  MOST_TOKENS,
  recallBudgetOf,
  settingsOf,
  tinyModelNote,
} from "./options.ts";
import { makeFolder, tracePathOf } from "./policy_runs.ts";
import { resultTable, rowsLegend } from "./result_table.ts";
import {
  addSampleOptions,
  checkTraces,
  recorded,
  type SampleOptions,
  TASK_COLUMNS,
  type TaskResult,
  taskTracePathOf,
} from "./sample_runs.ts";
import { checkTraceLists } from "./trace_options.ts";

interface LongBenchCliOptions extends EvaluationOptions, SampleOptions {
  readonly data: string;
  readonly config: string;
  readonly task: readonly LongBenchTaskName[];
  readonly protocol: LongBenchProtocol;
  readonly maxPrompt?: number;
  readonly chatForm?: NonNullable<LongBenchOptions["chatForm"]>;
  readonly byLength?: true;
}

const DETAILS = `
--data holds LongBench's files, hotpotqa.jsonl and so on (hotpotqa_e.jsonl with --by-length);
--config its own dataset2prompt.json, dataset2maxlen.json and, unless --max-prompt is given,
model2maxlen.json. Nothing of LongBench comes with this program.

Protocols: artifact reads the prompt up to the question at once and the question as decode steps, as
STARC's does, with its two defects; question-as-decode the same without them; official reads the
whole prompt at once and puts only generation under the policy. Scores are 0 to 100.

For each policy, --output gets pred/MODEL/TASK-BUDGET.jsonl, its record beside it and result.json, as
the artifact names them. A run that was interrupted goes on with the same command.
${POLICY_SYNTAX}

Example:
  kvpim eval longbench --model Mistral-7B-Instruct-v0.3 --data LongBench/data \\
    --config LongBench/config --task hotpotqa,gov_report --policy full,starc --budget 1024`;

/** The command. */
export function longBenchCommand(surroundings: Surroundings): Command {
  const command = new Command("longbench")
    .description("Scores of LongBench's tasks under policies.")
    .requiredOption("--data <folder>", "LongBench's samples, a file a task")
    .requiredOption("--config <folder>", "LongBench's own configuration files");
  addModelOptions(command, { policies: "full,starc", output: "eval-longbench" })
    .addOption(
      checkedOption(
        "--task <names>",
        `tasks, a list of ${LONGBENCH_TASK_NAMES.join(", ")}`,
        listOfWords(LONGBENCH_TASK_NAMES),
      ).default(LONGBENCH_TASK_NAMES, "all"),
    )
    .addOption(
      checkedOption(
        "--protocol <name>",
        LONGBENCH_PROTOCOLS.join(", "),
        oneOfWords(LONGBENCH_PROTOCOLS),
      )
        .default("artifact"),
    )
    .addOption(
      checkedOption(
        "--max-prompt <tokens>",
        "tokens before the middle of a prompt is cut out (default: as model2maxlen.json says)",
        wholeNumber(LEAST_PROMPT_TOKENS, MOST_TOKENS),
      ),
    )
    .addOption(
      checkedOption(
        "--chat-form <name>",
        "none, vicuna, llama2, template (default: LongBench's choice by the model's name)",
        oneOfWords(["none", "vicuna", "llama2", "template"]),
      ),
    )
    .option("--by-length", "the samples are LongBench-E's: scores by length");
  return addSampleOptions(command)
    .addHelpText("after", DETAILS)
    .action((options: LongBenchCliOptions) => longBench(options, surroundings));
}

async function longBench(options: LongBenchCliOptions, surroundings: Surroundings) {
  checkTraceLists(options);
  makeFolder("--output", options.output);
  checkTraces(options.trace, options.policy, options.task);
  const settings = settingsOf(options);
  using opened = await openPolicies(options.policy, decodingOf(options));
  await using checkpoint = await checkpointOf(options);
  const results: TaskResult[] = [];
  for (const policy of opened.policies) {
    const { choice } = policy;
    const settled = await settlePolicy(policy, settings, checkpoint.model.config.layers);
    const tasks = await namingPlugin(
      choice,
      () => runTasks(options, checkpoint, choice, settled, surroundings),
    );
    results.push(...tasks);
  }
  if (options.json) return surroundings.out(`${JSON.stringify({ results }, null, 2)}\n`);
  surroundings.out(reportOf(options, results));
}

async function runTasks(
  options: LongBenchCliOptions,
  checkpoint: Checkpoint,
  choice: PolicyChoice,
  settled: SettledPolicy,
  surroundings: Surroundings,
): Promise<TaskResult[]> {
  const policyTrace = tracePathOf(options.trace, choice, options.policy);
  const runs = [];
  // All before the first, so that the last task's mistakes are not found hours later.
  for (const task of options.task) {
    const trace = taskTracePathOf(policyTrace, task, options.task);
    const planned = await taskOptions(options, checkpoint, choice, settled, task, trace);
    runs.push({ task, trace, planned, plan: await planLongBench(planned) });
  }
  const results: TaskResult[] = [];
  for (const { task, trace, planned, plan } of runs) {
    const limit = planned.maxPromptTokens;
    const advice = { "shorter prompts": `--max-prompt cuts prompts, now to ${limit} tokens` };
    using progress = new Progress(surroundings, `${choice.label} ${task}`, undefined, "samples");
    const record = await recorded(
      trace,
      traceHeaderOf(checkpoint, settled, options.traceLists),
      plan,
      (writer) =>
        advising(advice, () =>
          evaluateLongBench({
            ...planned,
            model: checkpointModel(checkpoint, settled, writer),
            onSample: (finished) => progress.update(finished),
          })),
    );
    results.push({ choice, task, record });
    await writeResultFile(dirname(plan.path), options.byLength ?? false);
  }
  return results;
}

async function taskOptions(
  options: LongBenchCliOptions,
  checkpoint: Checkpoint,
  choice: PolicyChoice,
  settled: SettledPolicy,
  task: LongBenchTaskName,
  trace: string | undefined,
): Promise<LongBenchOptions> {
  const { data, config, output, protocol, byLength, budget, limit, chatForm } = options;
  const maxPromptTokens = options.maxPrompt ??
    await readMaxPromptTokens(join(config, "model2maxlen.json"), checkpoint.name);
  return {
    model: checkpointModel(checkpoint, settled),
    task,
    samples: join(data, `${task}${byLength ? "_e" : ""}.jsonl`),
    configFiles: {
      prompts: join(config, "dataset2prompt.json"),
      generatedTokens: join(config, "dataset2maxlen.json"),
    },
    out: join(output, fileNameOf(choice)),
    protocol,
    maxPromptTokens,
    chatForm,
    byLength,
    budget,
    trace,
    limit,
    recallBudget: recallBudgetOf(options),
  };
}

function reportOf(options: LongBenchCliOptions, results: readonly TaskResult[]): string {
  const score = ({ record }: Pick<TaskResult, "record">) =>
    Object.values(record.scores).map((value) =>
      typeof value === "object" ? JSON.stringify(value) : String(value)
    ).join(" ");
  const model = results[0]!.record.model;
  return [
    `${model}: LongBench, protocol ${options.protocol}, budget ${options.budget} tokens\n`,
    resultTable(results, [...TASK_COLUMNS, { head: "score", value: score }]),
    "",
    rowsLegend(results) + tinyModelNote(options).trimEnd(),
    `Predictions and records: ${options.output}`,
    "",
  ].join("\n");
}
