/**
 * What the text of an option or of a table's field may be.
 *
 * @module
 */
import { unexpected, UserError } from "./user_error.ts";

/** Turns text into a value or throws a {@linkcode UserError} that says what it expected. */
export type ValueParser<T> = (text: string) => T;

/**
 * A whole number between two bounds, both included.
 *
 * @example
 * ```ts
 * import { wholeNumber } from "./values.ts";
 * import { equal, throws } from "node:assert/strict";
 *
 * equal(wholeNumber(1, 10)("7"), 7);
 * throws(() => wholeNumber(1, 10)("-7"), { message: /from 1 to 10 but found "-7"/ });
 * ```
 */
export function wholeNumber(least: number, most: number): ValueParser<number> {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw unexpected(`a whole number from ${least} to ${most}`, text);
  };
}

/** A number above 0 and not above 1. */
export const share: ValueParser<number> = (text) => {
  const value = decimalNumber(text);
  if (value > 0 && value <= 1) return value;
  throw unexpected("a number above 0 and not above 1", text);
};

/**
 * One of some words, whatever their case.
 *
 * @param words the words and what each means
 *
 * @example
 * ```ts
 * import { oneOf } from "./values.ts";
 * import { equal, throws } from "node:assert/strict";
 *
 * equal(oneOf({ bank: "bank", BA: "bank" })("ba"), "bank");
 * throws(() => oneOf({ bank: 1, buffer: 2 })("bufer"), { message: /did you mean buffer\?$/ });
 * ```
 */
export function oneOf<T>(words: Readonly<Record<string, T>>): ValueParser<T> {
  return (text) => {
    const wanted = text.toLowerCase();
    const found = Object.keys(words).find((word) => word.toLowerCase() === wanted);
    if (found !== undefined) return words[found]!;
    const { message } = unexpected(`one of ${Object.keys(words).join(", ")}`, text);
    const hint = nearest(text, Object.keys(words));
    throw new UserError(hint === undefined ? message : `${message}; did you mean ${hint}?`);
  };
}

/** {@linkcode oneOf} words that mean themselves. */
export function oneOfWords<const T extends string>(words: readonly T[]): ValueParser<T> {
  return oneOf(Object.fromEntries(words.map((word) => [word, word])));
}

/**
 * A comma-separated list of words, each once.
 *
 * @example
 * ```ts
 * import { listOfWords } from "./values.ts";
 * import { deepEqual, throws } from "node:assert/strict";
 *
 * deepEqual(listOfWords(["a", "b"])("b, a"), ["b", "a"]);
 * throws(() => listOfWords(["a", "b"])("a,a"), { message: /each once but found a twice/ });
 * ```
 */
export function listOfWords<const T extends string>(words: readonly T[]): ValueParser<T[]> {
  const one = oneOfWords(words);
  return (text) => {
    const list = text.split(",").map((word) => one(word.trim()));
    const twice = list.find((word, i) => list.indexOf(word) !== i);
    if (twice === undefined) return list;
    throw new UserError(`expected each once but found ${twice} twice`);
  };
}

/**
 * The word most like a text, if one is at most two edits away.
 *
 * @example
 * ```ts
 * import { nearest } from "./values.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(nearest("Mistral7B", ["LLAMA-7B", "Mistral-7B"]), "Mistral-7B");
 * equal(nearest("something else", ["LLAMA-7B"]), undefined);
 * ```
 */
export function nearest(text: string, words: readonly string[]): string | undefined {
  const distances = words.map((word) => [editDistance(text, word), word] as const);
  const [best] = distances.filter(([distance]) => distance <= 2).sort(([a], [b]) => a - b);
  return best?.[1];
}

function editDistance(left: string, right: string): number {
  const [a, b] = [left.toLowerCase().slice(0, 80), right.toLowerCase()];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(change, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** A whole number of any size, a negative one included: its range is checked elsewhere. */
export const integer: ValueParser<number> = (text) => {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw unexpected("a whole number", text);
};

/** A number in decimal notation: its range is checked elsewhere. */
export const decimalNumber: ValueParser<number> = (text) => {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  throw unexpected("a number", text);
};
