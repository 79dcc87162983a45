import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { faker } from "@faker-js/faker/locale/en";
import * as v from "valibot";
import wordListPath from "word-list";
import { digestText } from "../digest.ts";
import { EvaluationInputError } from "../input_error.ts";
import { readText } from "../read_text.ts";

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

/** Lists as they are written, in any order. */
interface WordLists {
  readonly adjectives: readonly string[];
  readonly nouns: readonly string[];
  readonly verbs: readonly string[];
  readonly large: readonly string[];
}

let builtIn: RulerWords | undefined;

/**
 * The words of `@faker-js/faker`, 1000 adjectives, nouns and verbs each, in English; for lists that
 * need more, the 274,137 of `word-list`.
 */
export function builtInWords(): RulerWords {
  return builtIn ??= rulerWords({ ...builtInLists(), large: builtInLargeList() });
}

/**
 * Reads NVIDIA's word lists, or a larger list to stand beside the words built in.
 *
 * @param path a folder as the assets of the Python package `wonderwords`: `adjectivelist.txt`,
 *   `nounlist.txt` and `verblist.txt`, a word a line, and RULER's `english_words.json` if it is
 *   there; or a file for the larger list: `english_words.json`, or text with a word a line
 * @throws {EvaluationInputError} if a file is absent, malformed or without words
 */
export function readWords(path: string): RulerWords {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    return rulerWords({ ...builtInLists(), large: readLargeList(path) });
  }
  const large = join(path, "english_words.json");
  return rulerWords({
    adjectives: readList(join(path, "adjectivelist.txt")),
    nouns: readList(join(path, "nounlist.txt")),
    verbs: readList(join(path, "verblist.txt")),
    large: existsSync(large) ? readLargeList(large) : builtInLargeList(),
  });
}

function builtInLists(): Omit<WordLists, "large"> {
  const { adjective, noun, verb } = faker.rawDefinitions.word ?? {};
  return { adjectives: adjective ?? [], nouns: noun ?? [], verbs: verb ?? [] };
}

function builtInLargeList(): string[] {
  return readList(wordListPath);
}

function rulerWords({ adjectives, nouns, verbs, large }: WordLists): RulerWords {
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

function readLargeList(path: string): string[] {
  return path.endsWith(".json") ? readJsonList(path) : readList(path);
}

/** A word, or words that belong together, a line. */
function readList(path: string): string[] {
  const lines = readText(path).split("\n").map((line) => line.trimEnd());
  return some(path, lines.filter((line) => line !== ""));
}

/** Words as a list, or as the values of an object. */
const JsonListSchema = v.union([v.array(v.string()), v.record(v.string(), v.string())]);

function readJsonList(path: string): string[] {
  const text = readText(path);
  let list;
  try {
    list = v.parse(JsonListSchema, JSON.parse(text));
  } catch {
    throw new EvaluationInputError(`${path}: expected JSON of words but found something else`);
  }
  return some(path, Object.values(list));
}

function some(path: string, words: string[]): string[] {
  if (words.length > 0) return words;
  throw new EvaluationInputError(`${path}: expected words but found none`);
}
