/**
 * `kvpim eval ruler`: RULER under policies.
 *
 * @module
 */
import { Command, Option } from "commander";
import { join } from "node:path";
import type { Checkpoint } from "../../../core/eval/checkpoint.ts";
import {
  checkpointModel,
  type SettledPolicy,
  traceHeaderOf,
} from "../../../core/eval/checkpoint_model.ts";
import { checkJsonLines } from "../../../core/eval/json_lines.ts";
import { readHotpotQa, readSquad } from "../../../core/eval/ruler/documents.ts";
import { evaluateRuler, planRuler, type RulerOptions } from "../../../core/eval/ruler/evaluate.ts";
import { RulerLineSchema, writeRulerFile } from "../../../core/eval/ruler/file.ts";
import { generatedTokens } from "../../../core/eval/ruler/generated_tokens.ts";
import { readEssays } from "../../../core/eval/ruler/haystack.ts";
import { resultPaths, sizedName } from "../../../core/eval/ruler/results.ts";
import type { RulerScoring } from "../../../core/eval/ruler/score.ts";
import { RULER_TASK_NAMES, type RulerTaskName } from "../../../core/eval/ruler/tasks.ts";
import { readTemplates } from "../../../core/eval/ruler/templates.ts";
import { readWords } from "../../../core/eval/ruler/words.ts";
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
  recallBudgetOf,
  settingsOf,
  tinyModelNote,
  tokens,
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

interface RulerCliOptions extends EvaluationOptions, SampleOptions {
  readonly task: readonly RulerTaskName[];
  readonly data?: string;
  readonly length?: number;
  readonly samples: number;
  readonly sampleSeed: number;
  readonly protocol: RulerScoring;
  readonly chat?: true;
  readonly templates?: string;
  readonly words?: string;
  readonly essays?: string;
  readonly squad?: string;
  readonly hotpotqa?: string;
}

/** Tasks that need no file of others and little room. */
const STANDARD_TASKS = [
  "niah_single_1",
  "niah_multikey_2",
  "niah_multikey_3",
  "vt",
  "fwe",
] as const;

const DETAILS = `
Samples are generated for the model's tokenizer, at most --length tokens long with those to be
generated, from --sample-seed, into --output, once: a later call with the same options reads them again, and
one with others is refused where results there would lose their samples. Or they are read from
--data, where TASK/validation.jsonl is as RULER writes it. Tasks with essays need --essays (text, or RULER's PaulGrahamEssays.json), qa_1
--squad (dev-v2.0.json), qa_2 --hotpotqa (hotpot_dev_distractor_v1.json).

--words is a folder as the assets of the Python package wonderwords (nounlist.txt,
adjectivelist.txt, verblist.txt; beside them RULER's english_words.json, if you have it), or a file:
english_words.json, or any text of words, for cwe at lengths that need more than 2,930.

The prompt is read at once; generation is under the policy. Protocol nvidia generates and scores as
RULER does (0 to 100), artifact as STARC does (128 tokens; 0 to 1); both scores are shown. A run that
was interrupted goes on with the same command.
${POLICY_SYNTAX}

Examples:
  kvpim eval ruler --task niah_single_1 --samples 4
  kvpim eval ruler --model Llama-3.1-8B-Instruct --length 32768 --samples 100 --chat \\
    --essays PaulGrahamEssays.json --policy full,starc --budget 1024 --task niah_multiquery,vt`;

/** The command. */
export function rulerCommand(surroundings: Surroundings): Command {
  const command = new Command("ruler")
    .description("Scores of RULER's tasks under policies, samples included.");
  addModelOptions(command, { policies: "full,starc", output: "eval-ruler" })
    .addOption(
      checkedOption(
        "--task <names>",
        `tasks, a list of ${RULER_TASK_NAMES.join(", ")}`,
        listOfWords(RULER_TASK_NAMES),
      ).default([...STANDARD_TASKS], STANDARD_TASKS.join(",")),
    )
    .addOption(
      checkedOption(
        "--length <tokens>",
        "tokens of a sample (default: as many as the model holds)",
        tokens,
      ),
    );
  addSourceOptions(command)
    .addOption(
      checkedOption("--protocol <name>", "nvidia or artifact", oneOfWords(["nvidia", "artifact"]))
        .default("nvidia"),
    );
  return addSampleOptions(command)
    .addHelpText("after", DETAILS)
    .action((options: RulerCliOptions) => ruler(options, surroundings));
}

/** Where samples come from. What they are generated from says nothing where they are read. */
function addSourceOptions(command: Command): Command {
  const generating = [
    checkedOption("--samples <count>", "samples of a task to generate", wholeNumber(1, 2 ** 20))
      .default(20),
    checkedOption("--sample-seed <number>", "seed of the samples", wholeNumber(0, 2 ** 31))
      .default(42),
    new Option("--templates <file>", "RULER's own templates (default: this program's)"),
    new Option("--words <path>", "RULER's own word lists (default: this program's)"),
    new Option("--essays <file>", "essays to hide needles in"),
    new Option("--squad <file>", "SQuAD 2.0"),
    new Option("--hotpotqa <file>", "HotpotQA"),
  ];
  command
    .option("--data <folder>", "read samples instead of generating them")
    .option("--chat", "put prompts, also those of --data, into the model's chat template");
  for (const option of generating) command.addOption(option.conflicts("data"));
  return command;
}

async function ruler(options: RulerCliOptions, surroundings: Surroundings) {
  checkTraceLists(options);
  makeFolder("--output", options.output);
  checkTraces(options.trace, options.policy, options.task);
  const settings = settingsOf(options);
  using opened = await openPolicies(options.policy, decodingOf(options));
  await using checkpoint = await checkpointOf(options);
  const length = options.length ?? checkpoint.model.config.maximumPositions;
  const files = options.data === undefined
    ? await advising(
      {
        "more words": "--words names a larger list",
        "another folder": "--output names another folder",
      },
      () => generate(options, checkpoint, length),
    )
    : filesIn(options, options.data);
  for (const [, path] of files) await checkJsonLines(path, RulerLineSchema);
  const results: TaskResult[] = [];
  for (const policy of opened.policies) {
    const { choice } = policy;
    const settled = await settlePolicy(policy, settings, checkpoint.model.config.layers);
    for (const [task, samples] of files) {
      const run = { task, samples, maxTokens: length };
      const record = await namingPlugin(
        choice,
        () =>
          advising(
            { "shorter prompts": lengthAdvice(options, length) },
            () => runTask(options, checkpoint, choice, settled, run, surroundings),
          ),
      );
      results.push({ choice, task, record });
    }
  }
  if (options.json) return surroundings.out(`${JSON.stringify({ results }, null, 2)}\n`);
  surroundings.out(reportOf(options, length, results));
}

function lengthAdvice({ data }: RulerCliOptions, length: number): string {
  return data === undefined
    ? `--length makes samples shorter, now ${length} tokens`
    : "--data takes samples that were made for fewer tokens";
}

type TaskFiles = readonly (readonly [task: RulerTaskName, path: string])[];

function filesIn({ task }: RulerCliOptions, data: string): TaskFiles {
  return task.map((name) => [name, join(data, name, "validation.jsonl")]);
}

/** The samples of every task: written unless the same options wrote them before. */
function generate(
  options: RulerCliOptions,
  { name: tokenizerName, tokenizer }: Checkpoint,
  length: number,
): TaskFiles {
  const { essays, squad, hotpotqa, templates, words } = options;
  const material = {
    templates: templates === undefined ? undefined : readTemplates(templates),
    words: words === undefined ? undefined : readWords(words),
    essays: essays === undefined ? undefined : readEssays(essays),
    squad: squad === undefined ? undefined : readSquad(squad),
    hotpotqa: hotpotqa === undefined ? undefined : readHotpotQa(hotpotqa),
  };
  return options.task.map((task) => {
    const sized = { task, maxTokens: length };
    const path = join(options.output, "data", sizedName(sized), "validation.jsonl");
    writeRulerFile(path, {
      ...sized,
      generatedTokens: generatedTokens(task, options.protocol),
      samples: options.samples,
      seed: options.sampleSeed,
      material,
      tokenizer: tokenizerName,
      countTokens: (text) => tokenizer.encode(text, { special: false }).length,
      ...options.chat && {
        wrap: (prompt: string) => tokenizer.applyChatTemplate([{ role: "user", content: prompt }]),
        chatTemplate: tokenizer.chatTemplate,
      },
    }, resultPaths(options.output, sized));
    return [task, path];
  });
}

async function runTask(
  options: RulerCliOptions,
  checkpoint: Checkpoint,
  choice: PolicyChoice,
  settled: SettledPolicy,
  run: Pick<RulerOptions, "task" | "samples" | "maxTokens">,
  surroundings: Surroundings,
) {
  const policyTrace = tracePathOf(options.trace, choice, options.policy);
  const trace = taskTracePathOf(policyTrace, run.task, options.task);
  const planned: RulerOptions = {
    ...run,
    model: checkpointModel(checkpoint, settled),
    out: join(options.output, fileNameOf(choice)),
    protocol: options.protocol,
    chat: options.chat && (options.data === undefined ? "applied" : "apply"),
    trace,
    limit: options.limit,
    recallBudget: recallBudgetOf(options),
  };
  using progress = new Progress(surroundings, `${choice.label} ${run.task}`, undefined, "samples");
  const plan = await planRuler(planned);
  return await recorded(
    trace,
    traceHeaderOf(checkpoint, settled, options.traceLists),
    plan,
    (writer) =>
      evaluateRuler({
        ...planned,
        model: checkpointModel(checkpoint, settled, writer),
        onSample: (finished) =>
          progress.update(finished, options.data ? undefined : options.samples),
      }),
  );
}

function reportOf(
  options: RulerCliOptions,
  length: number,
  results: readonly TaskResult[],
): string {
  const score = (scoring: RulerScoring) => ({
    head: scoring,
    value: ({ record }: Pick<TaskResult, "record">) => String(record.scores[scoring]),
  });
  return [
    `${
      results[0]!.record.model
    }: RULER at ${length} tokens, protocol ${options.protocol}, budget ` +
    `${options.budget} tokens\n`,
    resultTable(results, [...TASK_COLUMNS, score("nvidia"), score("artifact")]),
    "",
    rowsLegend(results) + tinyModelNote(options).trimEnd(),
    `Predictions and records: ${options.output}`,
    "",
  ].join("\n");
}
