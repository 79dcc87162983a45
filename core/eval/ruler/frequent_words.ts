import { formatTemplate } from "../python/format.ts";
import type { PythonRandom } from "../python/random.ts";
import type { RulerDraw, RulerSample } from "./task.ts";
import type { RulerTemplate } from "./templates.ts";

/** A task of finding the most frequent of words that follow a Zipf law. */
export interface FrequentWordsTask {
  readonly kind: "freq_words_extraction";
  /** The exponent of the law; more than 1. */
  readonly alpha: number;
  readonly wordLetters: number;
}

const LOWER_CASE = "abcdefghijklmnopqrstuvwxyz";
/** What stands for the most frequent word, which is noise. */
const NOISE_WORD = "...";
/** Ranks asked for: 2, 3 and 4. */
const ANSWERS = 3;

/**
 * A sample of frequent words (RULER freq_words_extraction.py). Units are words, before each rank's
 * count is cut to a whole number.
 */
export function frequentWordsSample(
  task: FrequentWordsTask,
  template: RulerTemplate,
  draw: RulerDraw,
): RulerSample {
  const vocabularySize = Math.max(
    ANSWERS + 2,
    Math.floor((draw.maxTokens - draw.generatedTokens) / 50),
  );
  const share = (rank: number) => rank ** -task.alpha / zeta(task.alpha);
  // So many words that the last answer is more frequent than what comes after it.
  const distinct = Math.ceil(1 / (share(ANSWERS + 1) - share(ANSWERS + 2)));
  const increment = Math.max(1, Math.floor(draw.maxTokens / 32));
  return {
    increment,
    minimum: Math.max(increment, distinct),
    text: (units) => {
      const words = vocabulary(task, vocabularySize, draw.random(), draw.shuffling());
      const all = words.flatMap((word, i) =>
        Array<string>(Math.floor(units * share(i + 1))).fill(word)
      );
      const context = draw.shuffling().shuffled(all).join(" ");
      const fill = (text: string) => formatTemplate(text, { context, query: "" });
      return {
        input: fill(template.template),
        answerPrefix: fill(template.answerPrefix),
        outputs: words.slice(1, 1 + ANSWERS),
      };
    },
  };
}

/** Words by rank, the most frequent first. */
function vocabulary(
  { wordLetters }: FrequentWordsTask,
  size: number,
  random: PythonRandom,
  shuffling: PythonRandom,
): string[] {
  const words = new Set<string>();
  while (words.size < size) words.add(random.letters(LOWER_CASE, wordLetters));
  const [, ...rest] = shuffling.shuffled([...words].sort());
  return [NOISE_WORD, ...rest];
}

/**
 * Riemann's zeta function for a real number above 1, to about 1e-15: the first terms, and the
 * Euler-Maclaurin formula for the rest.
 */
export function zeta(s: number): number {
  const terms = 20;
  let sum = 0;
  for (let k = 1; k < terms; k++) sum += k ** -s;
  const tail = terms ** (1 - s) / (s - 1) + terms ** -s / 2;
  const first = (s * terms ** (-s - 1)) / 12;
  const second = (s * (s + 1) * (s + 2) * terms ** (-s - 3)) / 720;
  const third = (s * (s + 1) * (s + 2) * (s + 3) * (s + 4) * terms ** (-s - 5)) / 30240;
  return sum + tail + first - second + third;
}
