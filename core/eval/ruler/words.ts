import { readFileSync } from "node:fs";
import { faker } from "@faker-js/faker/locale/en";
import * as v from "valibot";
import { digestText } from "../digest.ts";
import { EvaluationInputError } from "../input_error.ts";
import { splitWords } from "../python/text.ts";

/** Words that RULER's tasks draw from. */
export interface RulerWords {
  /** Ascending. */
  readonly adjectives: readonly string[];
  /** Ascending. */
  readonly nouns: readonly string[];
  /** All adjectives, nouns and verbs, each once, ascending. */
  readonly common: readonly string[];
  /** A larger list for lists that need more words than `common` has. */
  readonly large: readonly string[];
  /** SHA-256 of all of them. */
  readonly digest: string;
}

/** Where NVIDIA's word lists are: one word a line, as in the Python package `wonderwords`. */
export interface RulerWordPaths {
  readonly adjectives: string;
  readonly nouns: string;
  readonly verbs: string;
  /** RULER's `english_words.json`: words as a list, or as the values of an object. */
  readonly large?: string | undefined;
}

/** The words of `@faker-js/faker`: 1000 adjectives, nouns and verbs each, in English. */
export function builtInWords(): RulerWords {
  const { adjective, noun, verb } = faker.rawDefinitions.word ?? {};
  return rulerWords(adjective ?? [], noun ?? [], verb ?? [], []);
}

/**
 * Reads word lists.
 *
 * @throws {EvaluationInputError} if a file is absent or malformed
 */
export function readWords(paths: RulerWordPaths): RulerWords {
  const list = (path: string) => splitWords(readText(path));
  const large = paths.large === undefined ? [] : readLargeList(paths.large);
  return rulerWords(list(paths.adjectives), list(paths.nouns), list(paths.verbs), large);
}

function rulerWords(
  adjectives: readonly string[],
  nouns: readonly string[],
  verbs: readonly string[],
  large: readonly string[],
): RulerWords {
  const words = {
    adjectives: distinct(adjectives),
    nouns: distinct(nouns),
    common: distinct([...adjectives, ...nouns, ...verbs]),
    large: [...new Set(large)],
  };
  return { ...words, digest: digestText(JSON.stringify(words)) };
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}

const LargeListSchema = v.union([v.array(v.string()), v.record(v.string(), v.string())]);

function readLargeList(path: string): string[] {
  try {
    return Object.values(v.parse(LargeListSchema, JSON.parse(readText(path))));
  } catch (error) {
    if (error instanceof EvaluationInputError) throw error;
    throw new EvaluationInputError(`${path}: expected JSON of words but found something else`);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new EvaluationInputError(`${path}: expected a file but found none`);
  }
}
