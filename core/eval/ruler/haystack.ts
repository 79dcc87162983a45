import * as v from "valibot";
import { digestText } from "../digest.ts";
import { EvaluationInputError } from "../input_error.ts";
import type { PythonRandom } from "../python/random.ts";
import { splitWords } from "../python/text.ts";
import { readText } from "../read_text.ts";
import { needle, type NeedleDraw, type NeedleType } from "./needles.ts";
import { sentences } from "./sentences.ts";

/** The line that makes up a haystack of noise. */
export const NOISE =
  "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.";

/** A long text to hide needles in. */
export interface Essays {
  readonly words: readonly string[];
  /** SHA-256 of the text. */
  readonly digest: string;
}

/**
 * Reads a long text: plain, or RULER's `PaulGrahamEssays.json`, an object with the field `text`.
 *
 * @throws {EvaluationInputError} if the file cannot be read, is malformed, not UTF-8 or empty
 */
export function readEssays(path: string): Essays {
  const content = readText(path);
  const text = path.endsWith(".json") ? readField(path, content) : content;
  const words = splitWords(text);
  if (words.length === 0) throw new EvaluationInputError(`${path}: expected words but found none`);
  return { words, digest: digestText(text) };
}

function readField(path: string, json: string): string {
  try {
    return v.parse(v.object({ text: v.string() }), JSON.parse(json)).text;
  } catch {
    throw new EvaluationInputError(`${path}: expected JSON with a field text`);
  }
}

/** In how many places of a text of essays, evenly spread from 0 to 100 %, a needle can be hidden. */
const DEPTHS = Array.from({ length: 40 }, (_, i) => Math.round((100 * i) / 39));

/**
 * Hides needles in the first words of a text, between sentences, in the order given.
 *
 * @param count words; the text is repeated if it has fewer
 */
export function hideInEssays(
  { words }: Essays,
  count: number,
  needles: readonly string[],
  random: PythonRandom,
): string {
  const text = Array.from({ length: count }, (_, i) => words[i % words.length]!);
  const lines = sentences(text);
  const places = random.sample(DEPTHS, needles.length)
    .map((depth) => Math.floor(lines.length * (depth / 100)))
    .sort((a, b) => a - b);
  const parts: string[] = [];
  let from = 0;
  needles.forEach((hidden, i) => {
    parts.push(lines.slice(from, places[i]).join(" "), hidden);
    from = places[i]!;
  });
  parts.push(lines.slice(from).join(" "));
  return parts.join(" ");
}

/** Hides needles among lines of noise. */
export function hideInNoise(
  count: number,
  needles: readonly string[],
  random: PythonRandom,
): string {
  return hideAmong(Array<string>(count).fill(NOISE), needles, random);
}

/** Hides needles among needles of other keys. */
export function hideInNeedles(
  count: number,
  needles: readonly string[],
  draw: NeedleDraw,
  keyType: NeedleType,
  valueType: NeedleType,
): string {
  const lines = Array.from(
    { length: count },
    () => needle(valueType, draw.next(keyType), draw.next(valueType)),
  );
  return hideAmong(lines, needles, draw.random);
}

/** Puts needles before lines drawn at random, the first before the last of these. */
function hideAmong(lines: string[], needles: readonly string[], random: PythonRandom): string {
  const places = random.indices(lines.length, needles.length).sort((a, b) => b - a);
  needles.forEach((hidden, i) => lines.splice(places[i]!, 0, hidden));
  return lines.join("\n");
}
