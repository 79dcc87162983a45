/**
 * The English tasks of LongBench as the STARC artifact runs them (evaluation/LongBench/pred.py,
 * eval.py): what differs from task to task besides the configuration files.
 *
 * @module
 */
import { classification } from "../metrics/classification.ts";
import { codeSimilarity } from "../metrics/code_similarity.ts";
import { count } from "../metrics/count.ts";
import type { Metric } from "../metrics/metric.ts";
import { qaF1 } from "../metrics/qa_f1.ts";
import { retrieval, retrievalFault } from "../metrics/retrieval.ts";
import { rougeL } from "../metrics/rouge_l.ts";

/** One task. */
interface LongBenchTask {
  readonly metric: Metric;
  /** Whether the prompt is put into the model's chat form; few-shot and code prompts are not. */
  readonly chat: boolean;
  /** Where the question begins, for protocols that read it token by token. */
  readonly questionAnchor?: string;
  /** Whether only the first line of a prediction counts. */
  readonly firstLineOnly?: boolean;
  /** For answers that the metric cannot score by: "what it needs but found what". */
  readonly answerFault?: (answer: string) => string | undefined;
}

const summary: Metric = (prediction, answer) => rougeL(prediction, answer);

/** Tasks by name. */
export const LONGBENCH_TASKS = {
  narrativeqa: { metric: qaF1, chat: true, questionAnchor: "Do not provide" },
  qasper: { metric: qaF1, chat: true, questionAnchor: "Question:" },
  multifieldqa_en: { metric: qaF1, chat: true, questionAnchor: "Now," },
  hotpotqa: { metric: qaF1, chat: true, questionAnchor: "Question:" },
  "2wikimqa": { metric: qaF1, chat: true },
  musique: { metric: qaF1, chat: true },
  gov_report: { metric: summary, chat: true, questionAnchor: "Now," },
  qmsum: { metric: summary, chat: true },
  multi_news: { metric: summary, chat: true },
  trec: { metric: classification, chat: false, firstLineOnly: true },
  triviaqa: {
    metric: qaF1,
    chat: false,
    questionAnchor: "Answer the question",
    firstLineOnly: true,
  },
  samsum: { metric: summary, chat: false, firstLineOnly: true },
  passage_count: { metric: count, chat: true },
  passage_retrieval_en: { metric: retrieval, chat: true, answerFault: retrievalFault },
  lcc: { metric: codeSimilarity, chat: false },
  "repobench-p": { metric: codeSimilarity, chat: false },
} as const satisfies Record<string, LongBenchTask>;

/** The name of a task. */
export type LongBenchTaskName = keyof typeof LONGBENCH_TASKS;

/** All tasks, in the order of the paper's tables. */
export const LONGBENCH_TASK_NAMES = Object.keys(LONGBENCH_TASKS) as LongBenchTaskName[];

/** The tasks of LongBench-E: those with samples of evenly spread lengths. */
export const LONGBENCH_E_TASK_NAMES = LONGBENCH_TASK_NAMES.filter(
  (name) => !["narrativeqa", "musique", "qmsum"].includes(name),
);

/** A task by its name. */
export function longBenchTask(name: LongBenchTaskName): LongBenchTask {
  return LONGBENCH_TASKS[name];
}

/** Whether there is a task of this name. */
export function isLongBenchTask(name: string): name is LongBenchTaskName {
  return Object.hasOwn(LONGBENCH_TASKS, name);
}
