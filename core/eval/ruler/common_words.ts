import { EvaluationInputError } from "../input_error.ts";
import { formatTemplate } from "../python/format.ts";
import type { PythonRandom } from "../python/random.ts";
import type { RulerDraw, RulerSample } from "./task.ts";
import type { RulerTemplate } from "./templates.ts";
import type { RulerWords } from "./words.ts";

/** A task of finding the most common words of a list. */
export interface CommonWordsTask {
  readonly kind: "common_words_extraction";
  /** How often a common word occurs. */
  readonly commonTimes: number;
  /** How often any other word occurs. */
  readonly otherTimes: number;
  /** How many words are common. */
  readonly commonWords: number;
}

const INCREMENT = 10;

/**
 * A sample of common words behind a solved example (RULER common_words_extraction.py). Units are
 * different words.
 */
export function commonWordsSample(
  task: CommonWordsTask,
  template: RulerTemplate,
  words: RulerWords,
  draw: RulerDraw,
): RulerSample {
  const common = draw.shuffling().shuffled(words.common);
  const small = draw.maxTokens < 4096;
  const times = small ? { commonTimes: 6, otherTimes: 1 } : task;
  const list = (random: PythonRandom, count: number, { commonTimes, otherTimes }: typeof times) => {
    const drawn = random.sample(vocabulary(common, words, count), count);
    const outputs = drawn.slice(0, task.commonWords);
    const others = drawn.slice(task.commonWords);
    const all = [...repeated(outputs, commonTimes), ...repeated(others, otherTimes)];
    return { context: numbered(draw.shuffling().shuffled(all)), outputs };
  };
  const fill = (text: string, context: string) => formatTemplate(text, { context, query: "" });
  return {
    increment: INCREMENT,
    minimum: task.commonWords + INCREMENT,
    maximum: { units: Math.max(common.length, words.large.length), of: "words" },
    text: (units) => {
      const random = draw.random();
      const example = small
        ? list(random, 20, { commonTimes: 3, otherTimes: 1 })
        : list(random, 40, { commonTimes: 10, otherTimes: 3 });
      const { context, outputs } = list(random, units, times);
      const answerPrefix = fill(template.answerPrefix, "");
      const solved = `${fill(template.template, example.context)}${answerPrefix} ` +
        numbered(example.outputs);
      return { input: `${solved}\n${fill(template.template, context)}`, answerPrefix, outputs };
    },
  };
}

function vocabulary(common: readonly string[], { large }: RulerWords, count: number) {
  if (count <= common.length) return common;
  if (count <= large.length) return large;
  throw new EvaluationInputError(
    `expected ${count} words to draw from but found ${Math.max(common.length, large.length)}`,
  );
}

function repeated(words: readonly string[], times: number): string[] {
  return Array<readonly string[]>(times).fill(words).flat();
}

function numbered(words: readonly string[]): string {
  return words.map((word, i) => `${i + 1}. ${word}`).join(" ");
}
