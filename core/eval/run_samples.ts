import type { EvaluationIdentity } from "./evaluation_identity.ts";
import { EvaluationInputError } from "./input_error.ts";
import type { Placed } from "./json_lines.ts";
import type { DecodeSession, EvaluatedModel } from "./evaluated_model.ts";
import type { RecordedTrace } from "./recorded_trace.ts";
import { RecallMeter } from "./recall.ts";
import type { SampleFile } from "./sample_file.ts";
import { fewerSamples, sampleDigest, SampleLog } from "./sample_log.ts";

/** What came of one sample. */
export interface SampleResult {
  /** Its line of the results. */
  readonly line: string;
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

/** What all evaluations of samples can be told. */
export interface SampleRunOptions {
  readonly model: EvaluatedModel;
  /** Where the model records its attention trace: of all finished samples, those before, too. */
  readonly trace?: RecordedTrace | undefined;
  /** Runs and scores only the first so many samples. */
  readonly limit?: number | undefined;
  /** Measures recall too: the share of the so many most relevant tokens that the policy keeps. */
  readonly recallBudget?: number | undefined;
  /** Told after each sample how many are finished. */
  readonly onSample?: ((finished: number) => void) | undefined;
  /** Ends the run after the sample at work; what is finished is kept. */
  readonly signal?: AbortSignal | undefined;
}

/** A run before its first sample: where it writes, and what makes it what it is. */
export interface SamplePlan {
  /** The results, a line a sample. */
  readonly path: string;
  /** To ask `checkFinished` and `finishedSamples` with, e.g. before a trace is continued. */
  readonly identity: EvaluationIdentity;
  /** The samples, as they were when the run was planned. */
  readonly file: SampleFile;
}

/** How many samples a run finishes that is not interrupted. */
export function samplesToRun({ file }: Pick<SamplePlan, "file">, limit = Infinity): number {
  return Math.min(limit, file.samples.length);
}

/** Samples to run. */
export interface RunSamplesOptions<Sample> extends SampleRunOptions, SamplePlan {
  readonly samples: AsyncIterable<Placed<Sample>>;
  /** What sample `index` is called in a trace. */
  readonly name: (index: number) => string;
  readonly run: (session: DecodeSession, sample: Sample) => Promise<SampleResult>;
}

/**
 * Runs the samples that are not finished yet, one after the other, and keeps each result at once.
 *
 * @returns the log, open
 * @throws {EvaluationInputError} if a finished sample is not the one that is asked now
 * @throws {DOMException} `AbortError` if the signal ends the run
 */
export async function runSamples<Sample>(options: RunSamplesOptions<Sample>): Promise<SampleLog> {
  const { model, limit = Infinity } = options;
  const log = SampleLog.open(options.path, options.identity);
  try {
    const before = log.finished;
    let index = 0;
    for await (const sample of options.samples) {
      if (index >= limit) return log;
      if (index < before) {
        log.check(index, sampleDigest(sample.value));
      } else {
        options.signal?.throwIfAborted();
        await runSample(model, log, options, sample, index);
        options.onSample?.(log.finished);
      }
      index++;
    }
    const asked = Math.min(before, limit);
    if (index < asked) throw fewerSamples(options.path, asked, index);
    return log;
  } catch (error) {
    log[Symbol.dispose]();
    throw error;
  }
}

async function runSample<Sample>(
  model: EvaluatedModel,
  log: SampleLog,
  { name, run, recallBudget }: RunSamplesOptions<Sample>,
  { value: sample, place }: Placed<Sample>,
  index: number,
) {
  const start = performance.now();
  const meter = recallBudget === undefined ? undefined : new RecallMeter(recallBudget);
  let rows;
  let usage;
  let result;
  {
    await using session = await model.open(name(index), meter?.observe);
    result = await placed(`${place} (${name(index)})`, () => run(session, sample));
    session.end();
    rows = session.rows ?? null;
    usage = session.usage;
  }
  const { line, promptTokens, generatedTokens } = result;
  const seconds = (performance.now() - start) / 1000;
  const recall = meter?.totals ?? null;
  log.add(line, sampleDigest(sample), {
    promptTokens,
    generatedTokens,
    seconds,
    rows,
    recall,
    ...usage && { usage },
  });
}

/** Says where the sample is in the message where its input cannot be used. */
async function placed<T>(place: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof EvaluationInputError ? error.at(place) : error;
  }
}
