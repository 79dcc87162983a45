import { formatTemplate } from "../python/format.ts";
import type { Essays } from "./haystack.ts";
import { hideInEssays, hideInNeedles, hideInNoise } from "./haystack.ts";
import {
  needle,
  NEEDLE_CHOICES,
  needleChoices,
  NeedleDraw,
  type NeedleType,
  tooFew,
} from "./needles.ts";
import type { RulerDraw, RulerSample, RulerText } from "./task.ts";
import type { RulerTemplate } from "./templates.ts";
import type { RulerWords } from "./words.ts";

/** A task of needles in a haystack. */
export interface NiahTask {
  readonly kind: "niah";
  readonly haystack: "noise" | "essay" | "needle";
  readonly keyType: NeedleType;
  readonly valueType: NeedleType;
  readonly keys: number;
  readonly valuesPerKey: number;
  readonly queriedKeys: number;
}

/** What the task is made of. */
interface NiahMaterial {
  readonly template: RulerTemplate;
  readonly words: RulerWords;
  /** Needed for a haystack of essays. */
  readonly essays?: Essays | undefined;
}

/**
 * A sample of needles in a haystack (RULER niah.py). Units are words of essays, lines of noise, or
 * needles of other keys. Essays grow by 500 words there at any length; here by 50 below 4096 tokens,
 * where 500 would leave much of the limit unused.
 *
 * @throws {EvaluationInputError} if there are too few words for the keys of the smallest sample
 */
export function niahSample(task: NiahTask, material: NiahMaterial, draw: RulerDraw): RulerSample {
  const essay = task.haystack === "essay";
  const small = draw.maxTokens < 4096;
  const increment = essay ? (small ? 50 : 500) : (small ? 5 : 25);
  const keys = Math.max(task.keys, task.queriedKeys);
  const minimum = Math.max(increment, keys * task.valuesPerKey);
  const choices = needleChoices(task.keyType, material.words);
  const keysOfHaystack = task.haystack === "needle" ? minimum : 0;
  if (choices < keys + keysOfHaystack) throw tooFew(task.keyType, keys + keysOfHaystack, choices);
  return {
    increment,
    minimum,
    ...task.haystack === "needle" && choices < Infinity && {
      maximum: { units: choices - keys, of: NEEDLE_CHOICES[task.keyType] },
    },
    text: (units) => niahText(task, material, draw, units),
  };
}

function niahText(
  task: NiahTask,
  { template, words, essays }: NiahMaterial,
  draw: RulerDraw,
  units: number,
): RulerText {
  const random = draw.random();
  const needleDraw = new NeedleDraw(random, words);
  const drawn = Array.from({ length: Math.max(task.keys, task.queriedKeys) }, () => ({
    key: needleDraw.next(task.keyType),
    values: Array.from({ length: task.valuesPerKey }, () => needleDraw.next(task.valueType)),
  }));
  const needles = draw.shuffling().shuffled(
    drawn.flatMap(({ key, values }) => values.map((value) => needle(task.valueType, key, value))),
  );
  const context = task.haystack === "essay"
    ? hideInEssays(essays!, units, needles, random)
    : task.haystack === "noise"
    ? hideInNoise(units, needles, random)
    : hideInNeedles(units, needles, needleDraw, task.keyType, task.valueType);
  const queried = random.sample(drawn, task.queriedKeys);
  const outputs = queried.flatMap(({ values }) => values);
  const query = enumeration(queried.map(({ key }) => key));
  return ask(template, context, query, task.valueType, outputs);
}

function ask(
  { template, answerPrefix }: RulerTemplate,
  context: string,
  query: string,
  valueType: NeedleType,
  outputs: readonly string[],
): RulerText {
  const one = outputs.length === 1;
  const values = { context, query, type_needle_v: one ? valueType.slice(0, -1) : valueType };
  const fill = (text: string) => formatTemplate(one ? singular(text) : text, values);
  return { input: fill(template), answerPrefix: fill(answerPrefix), outputs };
}

/** The words of a question for one value (RULER niah.py). */
function singular(text: string): string {
  return text.replaceAll("Some", "A").replaceAll("are all", "is").replaceAll("are", "is")
    .replaceAll("answers", "answer");
}

function enumeration(items: readonly string[]): string {
  return items.length === 1 ? items[0]! : `${items.slice(0, -1).join(", ")}, and ${items.at(-1)}`;
}
