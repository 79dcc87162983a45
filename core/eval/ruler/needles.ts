import type { PythonRandom } from "../python/random.ts";
import type { RulerWords } from "./words.ts";

/** What keys and values of needles are made of. */
export type NeedleType = "words" | "numbers" | "uuids";

/** The sentence that hides a value. */
export function needle(type: NeedleType, key: string, value: string): string {
  return `One of the special magic ${type} for ${key} is: ${value}.`;
}

/**
 * Draws keys or values, none twice: a question must have one answer.
 *
 * Words are an adjective and a noun with a hyphen, numbers have seven digits, identifiers are of
 * version 4 (RULER niah.py).
 */
export class NeedleDraw {
  readonly #drawn = new Set<string>();

  constructor(readonly random: PythonRandom, readonly words: RulerWords) {}

  /** A key or value that was not drawn before. */
  next(type: NeedleType): string {
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
        return `${this.random.between(1_000_000, 9_999_999)}`;
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
