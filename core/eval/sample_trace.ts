import { checkResumable, type ResumeOptions, resumeTraceFile } from "../attention/resume_trace.ts";
import type { TraceFile } from "../attention/trace_file.ts";
import type { TraceHeader } from "../attention/trace_format.ts";
import { digestText } from "./digest.ts";
import { recordPath } from "./evaluation_record.ts";
import { recordAt } from "./record_at.ts";
import type { SamplePlan } from "./run_samples.ts";
import { finishedSamples } from "./sample_log.ts";

/**
 * Opens the trace of a run of samples, which goes on where an earlier run of the same stopped: behind
 * what that left beside the trace's place, or behind the trace that its record is of.
 *
 * @throws {TraceResumeError | TraceFormatError} if neither holds the finished samples
 * @throws {EvaluationInputError} if there are results of another run
 */
export async function openSampleTrace(
  path: string,
  header: TraceHeader,
  plan: SamplePlan,
  open?: ResumeOptions["open"],
): Promise<TraceFile> {
  return await resumeTraceFile(path, header, { ...finishedOf(plan), open });
}

/**
 * Makes sure that {@linkcode openSampleTrace} can go on with a trace, and changes nothing.
 *
 * @throws {TraceResumeError | TraceFormatError | EvaluationInputError} as that does
 */
export async function checkSampleTrace(path: string, header: TraceHeader, plan: SamplePlan) {
  await checkResumable(path, header, finishedOf(plan));
}

function finishedOf(plan: SamplePlan): ResumeOptions {
  return {
    writer: traceWriterName(plan),
    finishedSamples: finishedSamples(plan.path, plan.identity),
    digest: recordAt(recordPath(plan.path))?.traceDigest,
  };
}

/**
 * Whose trace a file is that has not ended, in its name: settings alone do not say of which samples
 * it is, and more may be added behind the first.
 */
export function traceWriterName({ identity, file }: Pick<SamplePlan, "identity" | "file">): string {
  return digestText(JSON.stringify([identity, file.samples[0]])).slice(0, 16);
}
