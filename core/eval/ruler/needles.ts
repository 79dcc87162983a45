import { EvaluationInputError } from "../input_error.ts";
import type { PythonRandom } from "../python/random.ts";
import type { RulerWords } from "./words.ts";

/** What keys and values of needles are made of. */
export type NeedleType = "words" | "numbers" | "uuids";

/** The sentence that hides a value. */
export function needle(type: NeedleType, key: string, value: string): string {
  return `One of the special magic ${type} for ${key} is: ${value}.`;
}

/** The least and the most of numbers. */
const NUMBERS = [1_000_000, 9_999_999] as const;

/** How many different keys or values there are of a type. */
export function needleChoices(type: NeedleType, words: RulerWords): number {
  switch (type) {
    case "numbers":
      return NUMBERS[1] - NUMBERS[0] + 1;
    case "uuids":
      return Infinity;
    case "words":
      return pairs.get(words) ?? remember(words, differentPairs(words));
  }
}

/** Every size of every sample is drawn from the same words, so they are counted once. */
const pairs = new WeakMap<RulerWords, number>();

function remember(words: RulerWords, count: number): number {
  pairs.set(words, count);
  return count;
}

/** Pairs of an adjective and a noun; where both have hyphens two pairs may be the same text. */
function differentPairs({ adjectives, nouns }: RulerWords): number {
  const hyphened = (word: string) => word.includes("-");
  const plainNouns = nouns.filter((noun) => !hyphened(noun));
  const hyphenedNouns = nouns.filter(hyphened);
  const several = new Set<string>();
  let plain = 0;
  for (const adjective of adjectives) {
    if (!hyphened(adjective)) plain += plainNouns.length;
    const others = hyphened(adjective) ? nouns : hyphenedNouns;
    for (const noun of others) several.add(`${adjective}-${noun}`);
  }
  return plain + several.size;
}

/**
 * Draws keys or values, none twice: a question must have one answer.
 *
 * Words are an adjective and a noun with a hyphen, numbers have seven digits, identifiers are of
 * version 4 (RULER niah.py).
 */
export class NeedleDraw {
  readonly #drawn = new Set<string>();
  readonly #choices: Partial<Record<NeedleType, number>> = {};
  readonly #counts: Partial<Record<NeedleType, number>> = {};

  constructor(readonly random: PythonRandom, readonly words: RulerWords) {}

  /**
   * A key or value that was not drawn before.
   *
   * @throws {EvaluationInputError} if all were
   */
  next(type: NeedleType): string {
    const choices = this.#choices[type] ??= needleChoices(type, this.words);
    const count = this.#counts[type] ?? 0;
    if (count >= choices) throw tooFew(type, count + 1, choices);
    this.#counts[type] = count + 1;
    for (;;) {
      const drawn = this.#draw(type);
      if (this.#drawn.has(drawn)) continue;
      this.#drawn.add(drawn);
      return drawn;
    }
  }

  #draw(type: NeedleType): string {
    switch (type) {
      case "numbers":
        return `${this.random.between(...NUMBERS)}`;
      case "uuids":
        return this.random.uuid();
      case "words": {
        const { adjectives, nouns } = this.words;
        const pair = this.random.below(adjectives.length * nouns.length);
        return `${adjectives[Math.floor(pair / nouns.length)]}-${nouns[pair % nouns.length]}`;
      }
    }
  }
}

/** What keys or values are made of, in messages. */
export const NEEDLE_CHOICES: Readonly<Record<NeedleType, string>> = {
  numbers: "numbers of seven digits",
  uuids: "identifiers",
  words: "pairs of an adjective and a noun",
};

/** Needles that cannot be told apart. */
export function tooFew(type: NeedleType, needed: number, found: number): EvaluationInputError {
  return new EvaluationInputError(
    `expected at least ${needed} different ${NEEDLE_CHOICES[type]} but found ${found}`,
    type === "words" ? "more words" : undefined,
  );
}
