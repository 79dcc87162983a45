/**
 * Where RULER's samples come from: generated, or files that are there.
 *
 * @module
 */
import { Command, Option } from "commander";
import { join } from "node:path";
import type { Checkpoint } from "../../../core/eval/checkpoint.ts";
import { readHotpotQa, readSquad } from "../../../core/eval/ruler/documents.ts";
import { writeRulerFile } from "../../../core/eval/ruler/file.ts";
import { generatedTokens } from "../../../core/eval/ruler/generated_tokens.ts";
import { readEssays } from "../../../core/eval/ruler/haystack.ts";
import { resultPaths, sizedName } from "../../../core/eval/ruler/results.ts";
import type { RulerScoring } from "../../../core/eval/ruler/score.ts";
import type { RulerTaskName } from "../../../core/eval/ruler/tasks.ts";
import { readTemplates } from "../../../core/eval/ruler/templates.ts";
import { readWords } from "../../../core/eval/ruler/words.ts";
import { checkedOption } from "../option.ts";
import type { NamedFiles } from "../own_file.ts";
import { UserError } from "../user_error.ts";
import { wholeNumber } from "../values.ts";
import { advising } from "./advice.ts";

/** Values of the options that say what samples to run. */
export interface SourceOptions {
  readonly task: readonly RulerTaskName[];
  readonly output: string;
  readonly protocol: RulerScoring;
  readonly length?: number;
  readonly data?: string;
  readonly samples: number;
  readonly sampleSeed: number;
  readonly chat?: true;
  readonly templates?: string;
  readonly words?: string;
  readonly essays?: string;
  readonly squad?: string;
  readonly hotpotqa?: string;
}

/** Where samples come from. What they are generated from says nothing where they are read. */
export function addSourceOptions(command: Command): Command {
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

/**
 * Makes sure that the length of samples that are read is known: they do not say it themselves.
 *
 * @throws {UserError} when it is not
 */
export function checkLengthOfData({ data, length }: SourceOptions) {
  if (data === undefined || length !== undefined) return;
  throw new UserError(
    "--data: expected --length beside it, the tokens its samples were made for, but found none",
  );
}

/** Files that samples are read or generated from. */
export function filesRead(options: SourceOptions): NamedFiles {
  const { task, data, templates, words, essays, squad, hotpotqa } = options;
  return {
    "--data": data === undefined ? undefined : task.map((name) => samplesIn(data, name)),
    "--templates": templates,
    "--words": words,
    "--essays": essays,
    "--squad": squad,
    "--hotpotqa": hotpotqa,
  };
}

function samplesIn(data: string, task: RulerTaskName): string {
  return join(data, task, "validation.jsonl");
}

/**
 * The file of samples of each task. They are generated unless the same options did so before.
 *
 * @param length tokens of a sample
 * @throws {EvaluationInputError} if material is missing or too little, or results would lose their
 *   samples
 */
export async function sampleFiles(
  options: SourceOptions,
  checkpoint: Checkpoint,
  length: number,
): Promise<ReadonlyMap<RulerTaskName, string>> {
  const { task, data } = options;
  if (data !== undefined) {
    return new Map(task.map((name) => [name, samplesIn(data, name)]));
  }
  const advice = {
    "more words": "--words names a larger list",
    "another folder": "--output names another folder",
  };
  return await advising(advice, () => generate(options, checkpoint, length));
}

function generate(
  options: SourceOptions,
  { name: tokenizerName, tokenizer }: Checkpoint,
  length: number,
): Map<RulerTaskName, string> {
  const material = materialOf(options);
  return new Map(options.task.map((task) => {
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
        wrap: (prompt: string) => tokenizer.chatPrompt(prompt),
        chatTemplate: tokenizer.chatTemplate,
      },
    }, resultPaths(options.output, sized));
    return [task, path];
  }));
}

function materialOf({ templates, words, essays, squad, hotpotqa }: SourceOptions) {
  return {
    templates: templates === undefined ? undefined : readTemplates(templates),
    words: words === undefined ? undefined : readWords(words),
    essays: essays === undefined ? undefined : readEssays(essays),
    squad: squad === undefined ? undefined : readSquad(squad),
    hotpotqa: hotpotqa === undefined ? undefined : readHotpotQa(hotpotqa),
  };
}
