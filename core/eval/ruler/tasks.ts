import type { CommonWordsTask } from "./common_words.ts";
import type { FrequentWordsTask } from "./frequent_words.ts";
import type { NiahTask } from "./niah.ts";
import type { QuestionAnsweringTask } from "./question_answering.ts";
import type { VariableTrackingTask } from "./variable_tracking.ts";

/** A task of RULER. */
type RulerTask =
  & { readonly generatedTokens: number }
  & (NiahTask | VariableTrackingTask | CommonWordsTask | FrequentWordsTask | QuestionAnsweringTask);

const NIAH = {
  kind: "niah",
  haystack: "essay",
  keyType: "words",
  valueType: "numbers",
  keys: 1,
  valuesPerKey: 1,
  queriedKeys: 1,
  generatedTokens: 128,
} as const;

/** The thirteen tasks and their settings (RULER synthetic.yaml, constants.py). */
const RULER_TASKS = {
  niah_single_1: { ...NIAH, haystack: "noise" },
  niah_single_2: NIAH,
  niah_single_3: { ...NIAH, valueType: "uuids" },
  niah_multikey_1: { ...NIAH, keys: 4 },
  niah_multikey_2: { ...NIAH, haystack: "needle" },
  niah_multikey_3: { ...NIAH, haystack: "needle", keyType: "uuids", valueType: "uuids" },
  niah_multivalue: { ...NIAH, valuesPerKey: 4 },
  niah_multiquery: { ...NIAH, queriedKeys: 4 },
  vt: { kind: "variable_tracking", chains: 1, hops: 4, generatedTokens: 30 },
  cwe: {
    kind: "common_words_extraction",
    commonTimes: 30,
    otherTimes: 3,
    commonWords: 10,
    generatedTokens: 120,
  },
  fwe: { kind: "freq_words_extraction", alpha: 2, wordLetters: 6, generatedTokens: 50 },
  qa_1: { kind: "qa", dataset: "squad", generatedTokens: 32 },
  qa_2: { kind: "qa", dataset: "hotpotqa", generatedTokens: 32 },
} as const satisfies Record<string, RulerTask>;

/** The name of a task. */
export type RulerTaskName = keyof typeof RULER_TASKS;

/** All tasks, in the order of the paper's tables. */
export const RULER_TASK_NAMES = Object.keys(RULER_TASKS) as RulerTaskName[];

/** A task by its name. */
export function rulerTask(name: RulerTaskName): RulerTask {
  return RULER_TASKS[name];
}
