/**
 * `kvpim eval longbench`: LongBench under policies.
 *
 * @module
 */
import { Command } from "commander";
import { dirname, join } from "node:path";
import {
  evaluateLongBench,
  type LongBenchOptions,
  type LongBenchPlan,
  planLongBench,
} from "../../../core/eval/longbench/evaluate.ts";
import { LEAST_PROMPT_TOKENS, readMaxPromptTokens } from "../../../core/eval/longbench/files.ts";
import {
  LONGBENCH_PROTOCOLS,
  type LongBenchProtocol,
} from "../../../core/eval/longbench/protocol.ts";
import { readPredictions, writeResultFile } from "../../../core/eval/longbench/result_file.ts";
import {
  LONGBENCH_TASK_NAMES,
  type LongBenchTaskName,
} from "../../../core/eval/longbench/tasks.ts";
import { checkedOption } from "../option.ts";
import type { NamedFiles } from "../own_file.ts";
import { POLICY_SYNTAX } from "../policy/policy_choice.ts";
import type { Surroundings } from "../surroundings.ts";
import { listOfWords, oneOfWords, wholeNumber } from "../values.ts";
import { addModelOptions, MOST_TOKENS } from "./options.ts";
import type { ScoreColumn } from "./result_table.ts";
import { addSampleOptions } from "./sample_runs.ts";
import { runTasks, showResults, type TaskEvaluation, type TaskOptions } from "./task_runs.ts";

interface LongBenchCliOptions extends TaskOptions<LongBenchTaskName> {
  readonly data: string;
  readonly config: string;
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
the artifact names them; result.json scores what the records are of, after --limit the first samples
alone. A run that was interrupted goes on with the same command, and so does its trace, which is
FILE.DIGEST.partial until it has ended.
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
  const results = await runTasks(
    options,
    surroundings,
    filesRead(options),
    (checkpoint) => evaluationOf(options, checkpoint.name),
  );
  const heading = `LongBench, protocol ${options.protocol}`;
  showResults(options, results, heading, [SCORE_COLUMN], surroundings);
}

/** What LongBench's own files are called in --config. */
const CONFIG = {
  prompts: "dataset2prompt.json",
  generatedTokens: "dataset2maxlen.json",
  maxPromptTokens: "model2maxlen.json",
} as const;

function filesRead(options: LongBenchCliOptions): NamedFiles {
  return {
    "--data": options.task.map((task) => samplesOf(options, task)),
    "--config": Object.values(CONFIG).map((name) => join(options.config, name)),
  };
}

function samplesOf({ data, byLength }: LongBenchCliOptions, task: LongBenchTaskName): string {
  return join(data, `${task}${byLength ? "_e" : ""}.jsonl`);
}

async function evaluationOf(
  options: LongBenchCliOptions,
  model: string,
): Promise<TaskEvaluation<LongBenchTaskName, LongBenchOptions, LongBenchPlan>> {
  const { config, protocol, byLength = false, budget, chatForm } = options;
  const maxPromptTokens = options.maxPrompt ??
    await readMaxPromptTokens(join(config, CONFIG.maxPromptTokens), model);
  const readFolders = new Set<string>();
  return {
    optionsOf: (task, common) => ({
      ...common,
      task,
      samples: samplesOf(options, task),
      configFiles: {
        prompts: join(config, CONFIG.prompts),
        generatedTokens: join(config, CONFIG.generatedTokens),
      },
      protocol,
      maxPromptTokens,
      chatForm,
      byLength,
      budget,
    }),
    plan: async (planned) => {
      const plan = await planLongBench(planned);
      const folder = dirname(plan.path);
      // What lies there is scored with this task's, and may be malformed.
      if (!readFolders.has(folder)) await readPredictions(folder);
      readFolders.add(folder);
      return plan;
    },
    evaluate: evaluateLongBench,
    advice: () => ({
      "shorter prompts": `--max-prompt cuts prompts, now to ${maxPromptTokens} tokens`,
    }),
    finish: ({ path }) => writeResultFile(dirname(path), byLength),
  };
}

const SCORE_COLUMN: ScoreColumn = {
  head: "score",
  value: ({ record }) =>
    Object.values(record.scores).map((value) =>
      typeof value === "object" ? JSON.stringify(value) : String(value)
    ).join(" "),
};
