/**
 * LongBench's own files: samples, prompts and lengths. They are read where the user has them.
 *
 * @module
 */
import * as v from "valibot";
import { EvaluationInputError } from "../input_error.ts";
import { readJsonFile } from "../json_lines.ts";
import { formatTemplate } from "../python/format.ts";
import type { LongBenchTaskName } from "./tasks.ts";

const atLeast = (least: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least));
const length = atLeast(0);

/** The least that may be left of a prompt: a token of its beginning and one of its end. */
export const LEAST_PROMPT_TOKENS = 2;

/** A line of a task's file. */
export const LongBenchSampleSchema = v.looseObject({
  input: v.string(),
  context: v.string(),
  answers: v.array(v.string()),
  /** Words of the context. */
  length,
  all_classes: v.nullable(v.array(v.string())),
});

/** A line of a task's file. */
export type LongBenchSample = v.InferOutput<typeof LongBenchSampleSchema>;

/** A line of a prediction file. */
export const PredictionSchema = v.looseObject({
  pred: v.string(),
  answers: v.array(v.string()),
  all_classes: v.nullable(v.array(v.string())),
  length: v.optional(length),
});

/** A line of a prediction file. */
export type Prediction = v.InferOutput<typeof PredictionSchema>;

/** Where the configuration files are. */
export interface LongBenchConfigPaths {
  /** Prompt templates by task: `config/dataset2prompt.json`. */
  prompts: string;
  /** Tokens to generate by task: `config/dataset2maxlen.json`. */
  generatedTokens: string;
}

/** What the configuration files say of a task. */
export interface LongBenchTaskConfig {
  /** With places `{context}` and `{input}`. */
  readonly template: string;
  readonly maxGeneratedTokens: number;
}

/**
 * Reads what the configuration files say of a task.
 *
 * @throws {EvaluationInputError} if a file is absent or malformed, or does not know the task
 */
export async function readTaskConfig(
  paths: LongBenchConfigPaths,
  task: LongBenchTaskName,
): Promise<LongBenchTaskConfig> {
  const templates = await readJsonFile(paths.prompts, v.record(v.string(), v.string()));
  const lengths = await readJsonFile(paths.generatedTokens, v.record(v.string(), atLeast(1)));
  const template = entry(templates, task, paths.prompts);
  try {
    formatTemplate(template, { context: "", input: "" });
  } catch (error) {
    throw new EvaluationInputError(`${paths.prompts} ${task}: ${(error as Error).message}`);
  }
  return {
    template,
    maxGeneratedTokens: entry(lengths, task, paths.generatedTokens),
  };
}

/**
 * Reads the most tokens a prompt may have for a model: `config/model2maxlen.json`.
 *
 * @throws {EvaluationInputError} if the file is absent or malformed, or does not know the model
 */
export async function readMaxPromptTokens(path: string, model: string): Promise<number> {
  const lengths = v.record(v.string(), atLeast(LEAST_PROMPT_TOKENS));
  return entry(await readJsonFile(path, lengths), model, path);
}

function entry<T>(table: Readonly<Record<string, T>>, name: string, path: string): T {
  if (Object.hasOwn(table, name)) return table[name]!;
  const names = Object.keys(table).join(", ").slice(0, 200);
  throw new EvaluationInputError(`${path}: expected an entry ${name} but found ${names}`);
}
