import { EvaluationInputError } from "../input_error.ts";
import { PythonRandom } from "../python/random.ts";
import { commonWordsSample } from "./common_words.ts";
import type { DocumentCollection } from "./documents.ts";
import { fitUnits } from "./fit_units.ts";
import { frequentWordsSample } from "./frequent_words.ts";
import type { Essays } from "./haystack.ts";
import { niahSample } from "./niah.ts";
import { questionAnsweringSample } from "./question_answering.ts";
import type { RulerDraw, RulerSample } from "./task.ts";
import { rulerTask, type RulerTaskName } from "./tasks.ts";
import { BUILT_IN_TEMPLATES, type RulerTemplates } from "./templates.ts";
import { variableTrackingSample } from "./variable_tracking.ts";
import { builtInWords, type RulerWords } from "./words.ts";

/** What samples are made of. */
interface RulerMaterial {
  /** @default this project's own */
  readonly templates?: RulerTemplates | undefined;
  /** @default those of a word list package */
  readonly words?: RulerWords | undefined;
  /** Needed for the tasks whose haystack is essays. */
  readonly essays?: Essays | undefined;
  /** Needed for qa_1. */
  readonly squad?: DocumentCollection | undefined;
  /** Needed for qa_2. */
  readonly hotpotqa?: DocumentCollection | undefined;
}

/** What to generate. */
export interface GenerateRulerOptions {
  readonly task: RulerTaskName;
  /** The most tokens of a sample: prompt, answer prefix, and the tokens to be generated. */
  readonly maxTokens: number;
  /**
   * The tokens to be generated.
   *
   * @default RULER's for the task
   */
  readonly generatedTokens?: number | undefined;
  readonly samples: number;
  /** @default {42} */
  readonly seed?: number | undefined;
  readonly material: RulerMaterial;
  /** Tokens of a text, nothing added. */
  readonly countTokens: (text: string) => number;
  /**
   * The form a prompt is put into, without the answer prefix, e.g. a chat template.
   *
   * @default none
   */
  readonly wrap?: ((prompt: string) => string) | undefined;
}

/** A line of a RULER file. */
export interface RulerLine {
  readonly index: number;
  readonly input: string;
  readonly outputs: readonly string[];
  /** Tokens of the sample, those to be generated included. */
  readonly length: number;
  readonly answer_prefix: string;
}

/**
 * Makes the samples of a task, one after the other.
 *
 * Each has the largest haystack that fits: one increment more would exceed `maxTokens`, or is not to
 * be had. Draws are those of Python's generator, sample `i` from the stream of
 * `random.Random(seed + 2**32 * i)`: a sample does not depend on those before it, and files differ
 * from NVIDIA's of the same seed, which draws all samples from one stream.
 *
 * @throws {EvaluationInputError} if material is missing, or the smallest sample does not fit
 */
export function* generateRuler(options: GenerateRulerOptions): Generator<RulerLine, void, void> {
  const complete = { ...options, material: completeMaterial(options.material) };
  let guess: number | undefined;
  for (let index = 0; index < options.samples; index++) {
    const sample = rulerSample(complete, index);
    guess = fitSample(complete, sample, index, guess);
    const { input, answerPrefix, outputs } = sample.text(guess);
    yield {
      index,
      input: options.wrap?.(input) ?? input,
      outputs,
      length: sampleTokens(complete, sample, guess),
      answer_prefix: answerPrefix,
    };
  }
}

/** Tokens of a sample with so many units of haystack, those to be generated included. */
export function sampleTokens(
  options: GenerateRulerOptions,
  sample: RulerSample,
  units: number,
): number {
  const { input, answerPrefix } = sample.text(units);
  const prompt = (options.wrap?.(input) ?? input) + answerPrefix;
  return options.countTokens(prompt) + generatedTokensOf(options);
}

/** The tokens to be generated for a sample. */
export function generatedTokensOf(
  { task, generatedTokens = rulerTask(task).generatedTokens }: GenerateRulerOptions,
): number {
  return generatedTokens;
}

function fitSample(
  options: GenerateRulerOptions,
  sample: RulerSample,
  index: number,
  guess: number | undefined,
): number {
  const { task, maxTokens } = options;
  const tokens = (units: number) => sampleTokens(options, sample, units);
  const { minimum, increment, maximum } = sample;
  const range = { minimum, increment, maximum: maximum?.units, guess };
  const units = fitUnits((size) => tokens(size) <= maxTokens, range);
  if (units === undefined) {
    throw new EvaluationInputError(
      `${task} sample ${index}: expected at least ${tokens(minimum)} tokens for the ` +
        `smallest prompt and its answer but found a limit of ${maxTokens}`,
    );
  }
  if (maximum !== undefined && units + increment > maximum.units) {
    throw new EvaluationInputError(
      `${task} sample ${index}: expected more than ${maximum.units} different ${maximum.of} to ` +
        `fill ${maxTokens} tokens`,
      "more words",
    );
  }
  return units;
}

/** Material of which nothing that has a default is missing. */
type CompleteMaterial = RulerMaterial & { words: RulerWords; templates: RulerTemplates };

function completeMaterial(material: RulerMaterial): CompleteMaterial {
  return {
    ...material,
    words: material.words ?? builtInWords(),
    templates: material.templates ?? BUILT_IN_TEMPLATES,
  };
}

/**
 * Sample `index` of a task, its haystack of any size.
 *
 * @throws {EvaluationInputError} if material is missing or there is too little of it
 */
export function rulerSample(options: GenerateRulerOptions, index: number): RulerSample {
  const { task, maxTokens, countTokens, seed = 42 } = options;
  try {
    return makeSample(task, completeMaterial(options.material), {
      random: () => new PythonRandom(seed, index),
      shuffling: () => new PythonRandom(seed),
      index,
      maxTokens,
      generatedTokens: generatedTokensOf(options),
      countTokens,
    });
  } catch (error) {
    throw error instanceof EvaluationInputError ? error.at(task) : error;
  }
}

function makeSample(name: RulerTaskName, material: CompleteMaterial, draw: RulerDraw): RulerSample {
  const task = rulerTask(name);
  const template = material.templates[task.kind];
  switch (task.kind) {
    case "niah": {
      if (task.haystack === "essay") need(material.essays, "a text of essays");
      return niahSample(task, { ...material, template }, draw);
    }
    case "variable_tracking":
      return variableTrackingSample(task, template, draw);
    case "common_words_extraction":
      return commonWordsSample(task, template, material.words, draw);
    case "freq_words_extraction":
      return frequentWordsSample(task, template, draw);
    case "qa": {
      const documents = need(material[task.dataset], `the file of ${task.dataset}`);
      return questionAnsweringSample(template, documents, draw);
    }
  }
}

function need<T>(material: T | undefined, what: string): T {
  if (material !== undefined) return material;
  throw new EvaluationInputError(`expected ${what} but found none`);
}
