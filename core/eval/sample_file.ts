import type * as v from "valibot";
import { digestFile } from "./digest.ts";
import { readJsonLines } from "./json_lines.ts";
import { sampleDigest } from "./sample_log.ts";

/** A file of samples that was read to its end once. */
export interface SampleFile {
  readonly path: string;
  /** SHA-256 of the file. */
  readonly digest: string;
  /** SHA-256 of each sample. */
  readonly samples: readonly string[];
}

/**
 * Reads a file of samples to its end, so that a mistake in its last line is told before work begins.
 *
 * @throws {EvaluationInputError} if it is absent or a line has another form
 */
export async function surveySamples(path: string, schema: v.GenericSchema): Promise<SampleFile> {
  const samples: string[] = [];
  for await (const sample of readJsonLines(path, schema)) samples.push(sampleDigest(sample));
  return { path, digest: await digestFile(path), samples };
}
