/** What a metric may need besides the two texts. */
export interface MetricContext {
  /** Names of all classes of a classification task. */
  readonly classes: readonly string[];
}

/** Scores a prediction against one accepted answer, from 0 to 1. */
export type Metric = (prediction: string, answer: string, context: MetricContext) => number;
