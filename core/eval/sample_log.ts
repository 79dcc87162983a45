/**
 * Results of an evaluation sample by sample, so that an interrupted one goes on where it stopped:
 * no sample is repeated and none is lost.
 *
 * The results are one file, a line a sample, as other tools read it. Beside it, with the ending
 * `.progress`, lies what the evaluation needs to go on: first a line with the identity of the run,
 * then for each finished sample a line with the digest of what was asked, the length the results had
 * and the sample's cost. A file of samples may thus be mended or grow after a run: what was finished
 * stays, as long as it is the same sample.
 *
 * @module
 */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import * as v from "valibot";
import { addRows, noRows, type RowTotals } from "../attention/row_totals.ts";
import { makeFolder } from "../files/make_folder.ts";
import { digestText } from "./digest.ts";
import type { EvaluationIdentity } from "./evaluation_identity.ts";
import { EvaluationInputError } from "./input_error.ts";
import { parseJsonLine } from "./json_lines.ts";
import { otherRun } from "./other_run.ts";
import { addUsage, PolicyUsageSchema } from "./policy_usage.ts";
import { unreadableFile } from "./read_text.ts";
import { addRecall, type RecallTotals, RecallTotalsSchema } from "./recall.ts";
import { unwritableFile } from "./write_whole.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const RowTotalsSchema = v.strictObject({
  selections: count,
  keptTokens: count,
  sequentialRows16: count,
  placedRows16: count,
  sequentialDramRows: count,
  placedDramRows: count,
});

/** What one sample cost, or several. */
export const SampleCostSchema = v.strictObject({
  promptTokens: count,
  generatedTokens: count,
  seconds: v.pipe(v.number(), v.minValue(0)),
  rows: v.nullable(RowTotalsSchema),
  recall: v.nullable(RecallTotalsSchema),
  /** What the policy used, where it was metered. */
  usage: v.exactOptional(PolicyUsageSchema),
});

/** What one sample cost. */
export type SampleCost = v.InferOutput<typeof SampleCostSchema>;

const ProgressLineSchema = v.strictObject({
  /** SHA-256 of the sample. */
  sample: v.string(),
  resultBytes: count,
  ...SampleCostSchema.entries,
});

type ProgressLine = v.InferOutput<typeof ProgressLineSchema>;

/** Results and costs of the samples that are finished. */
export class SampleLog implements Disposable {
  readonly #results: number;
  readonly #progress: number;
  #resultBytes: number;
  #progressBytes: number;
  readonly #costs: SampleCost[] = [];
  readonly #samples: string[] = [];

  private constructor(private readonly path: string, identity: string, { lines, bytes }: Progress) {
    makeFolder(dirname(path), EvaluationInputError);
    this.#resultBytes = lines.at(-1)?.resultBytes ?? 0;
    this.#progressBytes = bytes;
    this.#results = openAt(path, this.#resultBytes);
    try {
      this.#progress = openAt(progressPath(path), bytes);
    } catch (error) {
      closeSync(this.#results);
      throw error;
    }
    if (bytes === 0) this.#writeProgress(identity);
    for (const { resultBytes: _, sample, ...cost } of lines) {
      this.#samples.push(sample);
      this.#costs.push(cost);
    }
  }

  /**
   * Opens the results of a run, at their end.
   *
   * @param path the results; folders on the way are made
   * @param identity what makes this run what it is: settings and digests
   * @throws {EvaluationInputError} if there are results of another run at this place, or they cannot
   *   be read or written
   */
  static open(path: string, identity: EvaluationIdentity): SampleLog {
    const text = JSON.stringify(identity);
    return new SampleLog(path, text, readProgress(path, text));
  }

  /** How many samples are finished. */
  get finished(): number {
    return this.#costs.length;
  }

  /**
   * Checks that a finished sample is still what was asked.
   *
   * @param sample its digest
   * @throws {EvaluationInputError} if it is another
   */
  check(index: number, sample: string) {
    if (this.#samples[index] !== sample) throw otherSample(this.path, index, this.finished);
  }

  /**
   * Adds a sample. When this returns it is in both files.
   *
   * @param sample the digest of what was asked
   * @throws {EvaluationInputError} if they cannot be written: those before it are kept
   */
  add(line: string, sample: string, cost: SampleCost) {
    this.#resultBytes += writing(
      this.path,
      () => writeAt(this.#results, `${line}\n`, this.#resultBytes),
    );
    this.#writeProgress(JSON.stringify({ sample, resultBytes: this.#resultBytes, ...cost }));
    this.#samples.push(sample);
    this.#costs.push(cost);
  }

  /**
   * The cost of finished samples; rows, recall and usage only where they were counted.
   *
   * @param samples how many, from the first
   */
  totals(samples: number): SampleCost {
    const costs = this.#costs.slice(0, samples);
    const rows = costs.flatMap((cost) => cost.rows ?? []);
    const usage = costs.flatMap((cost) => cost.usage ?? []);
    const recall = costs.flatMap((cost) => cost.recall ? [cost.recall] : []);
    const sum = (of: (cost: SampleCost) => number) =>
      costs.reduce((total, cost) => total + of(cost), 0);
    return {
      promptTokens: sum((cost) => cost.promptTokens),
      generatedTokens: sum((cost) => cost.generatedTokens),
      seconds: sum((cost) => cost.seconds),
      rows: rows.length === 0 ? null : rows.reduce<RowTotals>(addRows, noRows()),
      recall: recall.length === 0 ? null : recall.reduce<RecallTotals>(addRecall, []),
      ...usage.length > 0 && { usage: usage.reduce(addUsage) },
    };
  }

  /** Closes both files. */
  [Symbol.dispose]() {
    closeSync(this.#results);
    closeSync(this.#progress);
  }

  #writeProgress(line: string) {
    this.#progressBytes += writing(
      progressPath(this.path),
      () => writeAt(this.#progress, `${line}\n`, this.#progressBytes),
    );
  }
}

/**
 * How many samples of a run are finished: those a trace of it must keep.
 *
 * @throws {EvaluationInputError} if there are results of another run at this place
 */
export function finishedSamples(path: string, identity: EvaluationIdentity): number {
  return readProgress(path, JSON.stringify(identity)).lines.length;
}

/** SHA-256 of a sample, as the progress of a run has it. */
export function sampleDigest(sample: unknown): string {
  return digestText(JSON.stringify(sample));
}

/**
 * Digests of the samples that results were made from, whatever the run.
 *
 * @param path the results
 */
export function finishedDigests(path: string): string[] {
  if (!existsSync(progressPath(path))) return [];
  return readProgress(path).lines.map(({ sample }) => sample);
}

/**
 * Checks, before a run begins, that it goes on from what is finished.
 *
 * @param samples digests of what is asked now
 * @param limit how many of them are
 * @throws {EvaluationInputError} if there are results of another run at this place, or a finished
 *   sample is not the one that is asked
 */
export function checkFinished(
  path: string,
  identity: EvaluationIdentity,
  samples: readonly string[],
  limit = Infinity,
) {
  const finished = readProgress(path, JSON.stringify(identity)).lines.map(({ sample }) => sample);
  const asked = finished.slice(0, limit);
  const index = samples.slice(0, asked.length).findIndex((sample, i) => sample !== asked[i]);
  if (index >= 0) throw otherSample(path, index, finished.length);
  if (samples.length < asked.length) throw fewerSamples(path, asked.length, samples.length);
}

function otherSample(path: string, index: number, finished: number): EvaluationInputError {
  return new EvaluationInputError(
    `${path}: expected the samples of an earlier run, and any after them, but found another ` +
      `sample ${index + 1} of the ${finished} that are finished`,
  );
}

/** Fewer samples than are finished. */
export function fewerSamples(path: string, finished: number, found: number): EvaluationInputError {
  return new EvaluationInputError(
    `${path}: expected the ${finished} samples that are finished, and any after them, but found ` +
      found,
  );
}

/** Where the progress of a run lies. */
export function progressPath(path: string): string {
  return `${path.replace(/\.jsonl$/, "")}.progress`;
}

interface Progress {
  /** Finished samples whose results are there. */
  readonly lines: readonly ProgressLine[];
  /** Bytes of the file that belong to them. */
  readonly bytes: number;
}

/** @param identity what the run must be; any unless stated */
function readProgress(path: string, identity?: string): Progress {
  const progress = progressPath(path);
  const [head, ...rest] = existsSync(progress) ? readUtf8(progress).split("\n").slice(0, -1) : [];
  const resultBytes = existsSync(path) ? statSync(path).size : 0;
  if (head === undefined) {
    if (resultBytes === 0) return { lines: [], bytes: 0 };
    throw new EvaluationInputError(
      `${path}: expected no results, or ${progress} beside them, but found results without it`,
    );
  }
  if (identity !== undefined && head !== identity) {
    const theirs = parseJsonLine(head, v.unknown(), `${progress} line 1`);
    throw otherRun(path, JSON.parse(identity), theirs);
  }
  const lines: ProgressLine[] = [];
  let bytes = Buffer.byteLength(head) + 1;
  for (const [index, text] of rest.entries()) {
    const line = parseJsonLine(text, ProgressLineSchema, `${progress} line ${index + 2}`);
    if (line.resultBytes > resultBytes) break;
    lines.push(line);
    bytes += Buffer.byteLength(text) + 1;
  }
  return { lines, bytes };
}

function readUtf8(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unreadableFile(path, error);
  }
}

/** Opens a file to write behind its first bytes, which stay. */
function openAt(path: string, bytes: number): number {
  return writing(path, () => {
    const file = openSync(path, existsSync(path) ? "r+" : "w");
    ftruncateSync(file, bytes);
    return file;
  });
}

/** @throws {EvaluationInputError} in place of an error of the file system */
function writing<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw unwritableFile(path, error);
  }
}

function writeAt(file: number, text: string, at: number): number {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
  }
  return bytes.length;
}
