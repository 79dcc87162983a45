import type { EvaluationIdentity } from "./evaluation_identity.ts";
import { meanRecall } from "./recall.ts";
import type { SampleCost } from "./sample_log.ts";
import { writeWhole } from "./write_whole.ts";

/** One evaluation, as it is kept: what was done, with what, and what came out. */
export interface EvaluationRecord extends EvaluationIdentity {
  readonly version: 1;
  readonly scores: Readonly<Record<string, unknown>>;
  /** Recall over all layers, heads and steps, where it was measured. */
  readonly recall: number | null;
  readonly samples: number;
  /**
   * Tokens, seconds spent on the samples, rows of all decode steps, and the fuel and memory of a
   * policy that was metered.
   */
  readonly cost: SampleCost;
  /** The attention trace, where one was recorded. */
  readonly trace: string | null;
  /** SHA-256 of the trace, where it had ended before the record was written: no other is of it. */
  readonly traceDigest?: string;
}

/** What came of an evaluation. */
export interface EvaluationOutcome extends Pick<EvaluationRecord, "scores" | "samples" | "cost"> {
  readonly trace?: string | undefined;
  readonly traceDigest?: string | undefined;
}

/** A record of what came out. */
export function evaluationRecord(
  identity: EvaluationIdentity,
  { scores, samples, cost, trace, traceDigest }: EvaluationOutcome,
): EvaluationRecord {
  const recall = cost.recall && meanRecall(cost.recall);
  const record = { version: 1, ...identity, scores, recall, samples, cost } as const;
  return { ...record, trace: trace ?? null, ...traceDigest !== undefined && { traceDigest } };
}

/** Where the record of a run of samples lies: `a.json` beside results `a.jsonl`. */
export function recordPath(results: string): string {
  return results.replace(/\.jsonl$/, ".json");
}

/** Writes a record as JSON; the file is complete or not there. */
export function writeRecord(path: string, record: EvaluationRecord) {
  writeWhole(path, `${JSON.stringify(record, undefined, 2)}\n`);
}
