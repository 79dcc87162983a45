import { formatTemplate } from "../python/format.ts";
import type { PythonRandom } from "../python/random.ts";
import { fitUnits } from "./fit_units.ts";
import { NOISE } from "./haystack.ts";
import type { RulerDraw, RulerSample, RulerText } from "./task.ts";
import type { RulerTemplate } from "./templates.ts";

/** A task of following assignments from variable to variable. */
export interface VariableTrackingTask {
  readonly kind: "variable_tracking";
  readonly chains: number;
  /** Assignments from variable to variable in a chain. */
  readonly hops: number;
}

/** Tokens the example in front of the question may have. */
const EXAMPLE_TOKENS = 500;
/** Tokens of its answer, as RULER reckons. */
const EXAMPLE_GENERATED_TOKENS = 30;

const UPPER_CASE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * A sample of variable tracking behind a solved example (RULER variable_tracking.py). Units are
 * lines of noise.
 */
export function variableTrackingSample(
  task: VariableTrackingTask,
  template: RulerTemplate,
  draw: RulerDraw,
): RulerSample {
  const increment = draw.maxTokens < 4096 ? 5 : 25;
  const minimum = Math.max(increment, task.hops + 1);
  let example: string | undefined;
  return {
    increment,
    minimum,
    text: (units) => {
      example ??= solvedExample(task, template, draw);
      const { input, ...rest } = question(task, template, draw.random(), units, 5);
      return { input: `${example}\n${input}`, ...rest };
    },
  };
}

/** Names of three letters, and noise up to a fixed length. */
function solvedExample(
  task: VariableTrackingTask,
  template: RulerTemplate,
  { random, countTokens }: RulerDraw,
): string {
  const one = { ...task, chains: 1 };
  // Behind the draws of the question, so that both have their own names and number.
  const text = (units: number) => {
    const stream = random();
    question(one, template, stream, task.hops + 1, 5);
    const { input, answerPrefix, outputs } = question(one, template, stream, units, 3);
    return `${input}${answerPrefix}${outputs.join(" ")}`;
  };
  const room = EXAMPLE_TOKENS - EXAMPLE_GENERATED_TOKENS;
  const minimum = task.hops + 1;
  const fits = (units: number) => countTokens(text(units)) <= room;
  return text(fitUnits(fits, { minimum, increment: 1 }) ?? minimum);
}

function question(
  { chains, hops }: VariableTrackingTask,
  { template, answerPrefix }: RulerTemplate,
  random: PythonRandom,
  noiseLines: number,
  nameLetters: number,
): RulerText {
  const names = distinctNames(random, chains * (hops + 1), nameLetters);
  const lines = Array<string>(noiseLines).fill(NOISE);
  const numbers = new Set<number>();
  while (numbers.size < chains) numbers.add(random.between(10_000, 99_998));
  [...numbers].forEach((number, chain) => {
    const own = names.slice(chain * (hops + 1), (chain + 1) * (hops + 1));
    const places = random.indices(lines.length, hops + 1).sort((a, b) => a - b);
    places.forEach((place, i) => {
      const value = i === 0 ? `${number}` : `VAR ${own[i - 1]} `;
      lines.splice(place + i, 0, `VAR ${own[i]} = ${value}`);
    });
  });
  const context = lines.join("\n");
  const values = { context, query: `${[...numbers][0]}`, num_v: `${hops + 1}` };
  return {
    input: formatTemplate(template, values),
    answerPrefix: formatTemplate(answerPrefix, values),
    outputs: names.slice(0, hops + 1),
  };
}

function distinctNames(random: PythonRandom, count: number, letters: number): string[] {
  const names = new Set<string>();
  while (names.size < count) names.add(random.letters(UPPER_CASE, letters));
  return [...names];
}
