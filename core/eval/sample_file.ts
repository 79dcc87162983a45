import type * as v from "valibot";
import { digestFile } from "./digest.ts";
import { EvaluationInputError } from "./input_error.ts";
import { readPlacedJsonLines } from "./json_lines.ts";
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
 * @param faultOf "what but found what", of a sample that has the form but cannot be used
 * @throws {EvaluationInputError} if it is absent or has no sample, or a line has another form or a
 *   fault
 */
export async function surveySamples<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
  faultOf?: (sample: v.InferOutput<Schema>) => string | undefined,
): Promise<SampleFile> {
  const samples: string[] = [];
  for await (const { value, place } of readPlacedJsonLines(path, schema)) {
    const fault = faultOf?.(value);
    if (fault !== undefined) throw new EvaluationInputError(`${place}: expected ${fault}`);
    samples.push(sampleDigest(value));
  }
  if (samples.length === 0) {
    throw new EvaluationInputError(`${path}: expected samples but found none`);
  }
  return { path, digest: await digestFile(path), samples };
}
