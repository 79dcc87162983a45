import type * as v from "valibot";
import {
  type EvaluationOutcome,
  type EvaluationRecord,
  evaluationRecord,
  recordPath,
  writeRecord,
} from "./evaluation_record.ts";
import { readJsonLines } from "./json_lines.ts";
import { recordAt } from "./record_at.ts";
import { hasTraceDigest } from "./recorded_trace.ts";
import { runSamples, type RunSamplesOptions } from "./run_samples.ts";
import { finishedSamples } from "./sample_log.ts";

/** Samples to run, and how to score what came of them. */
interface EvaluateSamplesOptions<Sample, Schema extends v.GenericSchema>
  extends RunSamplesOptions<Sample> {
  /** What scoring reads of a line of the results. */
  readonly prediction: Schema;
  readonly scores: (predictions: readonly v.InferOutput<Schema>[]) => EvaluationRecord["scores"];
}

/**
 * Runs samples, from where an earlier run of the same settings stopped, and scores all of them, or
 * the first so many where there is a limit: what an earlier run finished beyond it stays, unscored.
 *
 * Beside the results lies the record: `.json` where they are `.jsonl`. It names the trace by its
 * digest before that takes its place, so that whatever happens in between, a later run goes on from
 * what lies there; where no trace is recorded it keeps that of the earlier run, as long as this one
 * adds no sample.
 *
 * @throws {EvaluationInputError} if a file is absent or malformed, or there are results of another
 *   run; samples that are finished are kept
 */
export async function evaluateSamples<Sample, Schema extends v.GenericSchema>(
  options: EvaluateSamplesOptions<Sample, Schema>,
): Promise<EvaluationRecord> {
  const { path, prediction, scores } = options;
  const before = finishedSamples(path, options.identity);
  using log = await runSamples(options);
  const samples = Math.min(log.finished, options.limit ?? Infinity);
  const finished = await Array.fromAsync(readJsonLines(path, prediction));
  const digests = { ...options.identity.digests, samples: options.file.digest };
  const outcome = {
    scores: scores(finished.slice(0, samples)),
    samples,
    cost: log.totals(samples),
  };
  const trace = options.trace
    ? { trace: options.trace.path, traceDigest: options.trace.finish() }
    : log.finished === before
    ? await earlierTrace(recordPath(path), samples)
    : {};
  const record = evaluationRecord({ ...options.identity, digests }, { ...outcome, ...trace });
  writeRecord(recordPath(path), record);
  options.trace?.commit();
  return record;
}

type TraceOutcome = Pick<EvaluationOutcome, "trace" | "traceDigest">;

/** The trace of the record that is there, where that is of so many samples and took its place. */
async function earlierTrace(record: string, samples: number): Promise<TraceOutcome> {
  const { trace, traceDigest, samples: earlier = 0 } = recordAt(record) ?? {};
  if (!trace || earlier < samples || !await hasTraceDigest(trace, traceDigest)) return {};
  return { trace, traceDigest };
}
