import type { PythonRandom } from "../python/random.ts";

/** The text of a sample. */
export interface RulerText {
  /** Up to the question, inclusive. */
  readonly input: string;
  /** What the model goes on from. */
  readonly answerPrefix: string;
  /** What the answer should name. */
  readonly outputs: readonly string[];
}

/** A sample whose haystack can have any size. */
export interface RulerSample {
  /** The smallest haystack that makes sense, in units of the task. */
  readonly minimum: number;
  /** By how many units the haystack grows. */
  readonly increment: number;
  /** The largest haystack there is, and what it takes all of; without it there is no end. */
  readonly maximum?: { readonly units: number; readonly of: string };
  /** Its text with so many units of haystack; the same each time. */
  text(units: number): RulerText;
}

/** What a task draws its samples from. */
export interface RulerDraw {
  /** The stream of this sample, from its beginning. */
  readonly random: () => PythonRandom;
  /** The stream that every sample of the file shuffles with, from its beginning. */
  readonly shuffling: () => PythonRandom;
  /** The sample's place in the file. */
  readonly index: number;
  /** The most tokens a sample may have, those to be generated included. */
  readonly maxTokens: number;
  /** The tokens to be generated. */
  readonly generatedTokens: number;
  /** Tokens of a text. */
  readonly countTokens: (text: string) => number;
}
