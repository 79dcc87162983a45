import type * as v from "valibot";
import { type EvaluationRecord, evaluationRecord, writeRecord } from "./evaluation_record.ts";
import { readJsonLines } from "./json_lines.ts";
import { runSamples, type RunSamplesOptions } from "./run_samples.ts";

/** Samples to run, and how to score what came of them. */
export interface EvaluateSamplesOptions<Sample, Schema extends v.GenericSchema>
  extends RunSamplesOptions<Sample> {
  /** What scoring reads of a line of the results. */
  readonly prediction: Schema;
  readonly scores: (predictions: readonly v.InferOutput<Schema>[]) => EvaluationRecord["scores"];
}

/**
 * Runs samples, from where an earlier run of the same settings stopped, and scores all of them, or
 * the first so many where there is a limit: what an earlier run finished beyond it stays, unscored.
 *
 * Beside the results lies the record: `.json` where they are `.jsonl`.
 *
 * @throws {EvaluationInputError} if a file is absent or malformed, or there are results of another
 *   run; samples that are finished are kept
 */
export async function evaluateSamples<Sample, Schema extends v.GenericSchema>(
  options: EvaluateSamplesOptions<Sample, Schema>,
): Promise<EvaluationRecord> {
  const { path, trace, prediction, scores } = options;
  using log = await runSamples(options);
  const samples = Math.min(log.finished, options.limit ?? Infinity);
  const finished = await Array.fromAsync(readJsonLines(path, prediction));
  const digests = { ...options.identity.digests, samples: options.file.digest };
  const record = evaluationRecord({ ...options.identity, digests }, {
    scores: scores(finished.slice(0, samples)),
    samples,
    cost: log.totals(samples),
    trace,
  });
  writeRecord(path.replace(/\.jsonl$/, ".json"), record);
  return record;
}
