/**
 * `kvpim eval ruler`: RULER under policies.
 *
 * @module
 */
import { Command } from "commander";
import type { Checkpoint } from "../../../core/eval/checkpoint.ts";
import {
  evaluateRuler,
  planRuler,
  type RulerOptions,
  type RulerPlan,
} from "../../../core/eval/ruler/evaluate.ts";
import type { RulerScoring } from "../../../core/eval/ruler/score.ts";
import { RULER_TASK_NAMES, type RulerTaskName } from "../../../core/eval/ruler/tasks.ts";
import { checkedOption } from "../option.ts";
import { POLICY_SYNTAX } from "../policy/policy_choice.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";
import { listOfWords, oneOfWords } from "../values.ts";
import { addModelOptions, tokens } from "./options.ts";
import type { ScoreColumn } from "./result_table.ts";
import {
  addSourceOptions,
  checkLengthOfData,
  filesRead,
  sampleFiles,
  type SourceOptions,
} from "./ruler_samples.ts";
import { addSampleOptions } from "./sample_runs.ts";
import { runTasks, showResults, type TaskEvaluation, type TaskOptions } from "./task_runs.ts";

type RulerCliOptions = TaskOptions<RulerTaskName> & SourceOptions;

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
generated, from --sample-seed, into --output, once: a later call with the same options reads them
again, and one with others is refused where results there would lose their samples. Or they are read
from --data, where TASK/validation.jsonl is as RULER writes it, made for --length tokens.

Tasks with essays need --essays (text, or RULER's PaulGrahamEssays.json), qa_1 --squad
(dev-v2.0.json), qa_2 --hotpotqa (hotpot_dev_distractor_v1.json).

--words is a folder as the assets of the Python package wonderwords (nounlist.txt,
adjectivelist.txt, verblist.txt; beside them RULER's english_words.json, if you have it), or a file:
english_words.json, or any text of words, for cwe at lengths that need more than 2,930.

With --chat all special tokens are those that the template writes; without it the tokenizer adds
its own, unless the protocol is artifact.

The prompt is read at once; generation is under the policy. Protocol nvidia generates and scores as
RULER does (0 to 100), artifact as STARC does (128 tokens; 0 to 1); both scores are shown. A run that
was interrupted goes on with the same command, and so does its trace, which is FILE.DIGEST.partial
until it has ended.
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
        "tokens of a sample (default: as many as the model holds; required with --data)",
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

async function ruler(options: RulerCliOptions, surroundings: Surroundings) {
  checkLengthOfData(options);
  let length = options.length;
  const results = await runTasks(options, surroundings, filesRead(options), (checkpoint) => {
    const { maximumPositions } = checkpoint.model.config;
    length ??= maximumPositions;
    if (options.data === undefined && length > maximumPositions) {
      throw new UserError(
        `--length: expected at most ${maximumPositions} tokens, as ${checkpoint.name} holds no ` +
          `more, but found ${length}`,
      );
    }
    return evaluationOf(options, checkpoint, length);
  });
  const heading = `RULER at ${length} tokens, protocol ${options.protocol}`;
  showResults(
    options,
    results,
    heading,
    [scoreColumn("nvidia"), scoreColumn("artifact")],
    surroundings,
  );
}

async function evaluationOf(
  options: RulerCliOptions,
  checkpoint: Checkpoint,
  length: number,
): Promise<TaskEvaluation<RulerTaskName, RulerOptions, RulerPlan>> {
  const files = await sampleFiles(options, checkpoint, length);
  const { protocol, data } = options;
  const chat = options.chat && (data === undefined ? "applied" : "apply");
  return {
    optionsOf: (task, common) => ({
      ...common,
      task,
      samples: files.get(task)!,
      maxTokens: length,
      protocol,
      chat,
    }),
    plan: planRuler,
    evaluate: evaluateRuler,
    advice: () => ({
      "shorter prompts": data === undefined
        ? `--length makes samples shorter, now ${length} tokens`
        : "--data takes samples that were made for fewer tokens",
    }),
  };
}

function scoreColumn(scoring: RulerScoring): ScoreColumn {
  return { head: scoring, value: ({ record }) => String(record.scores[scoring]) };
}
