import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { TraceHeader } from "../../attention/trace_format.ts";
import type { EvaluationRecord } from "../evaluation_record.ts";
import { EvaluationInputError } from "../input_error.ts";
import { otherRun } from "../other_run.ts";
import { recordAt } from "../record_at.ts";
import { isTraceOf } from "../recorded_trace.ts";
import { perplexityIdentity, type PerplexityOptions, RECORD_FILE } from "./evaluate.ts";

/** A run whose results may be there. */
interface FinishedOptions extends Omit<PerplexityOptions, "trace" | "onToken" | "signal"> {
  /** The trace that has to be there, too, if one has. */
  readonly trace?: { readonly path: string; readonly header: TraceHeader } | undefined;
  /** Whether a record of other settings may be replaced; none may unless stated. */
  readonly mayReplace?: ((record: EvaluationRecord) => boolean) | undefined;
}

/**
 * The record of an earlier run of the same settings that came to its end, if its folder holds one
 * and, where a trace is asked for, that run's own trace is there whole.
 *
 * @throws {EvaluationInputError} if the folder holds what may not be replaced: results of other
 *   settings, or something else
 */
export async function finishedPerplexity(
  options: FinishedOptions,
): Promise<EvaluationRecord | undefined> {
  const { trace, mayReplace } = options;
  const path = join(options.out, RECORD_FILE);
  const identity = JSON.parse(JSON.stringify(perplexityIdentity(options)));
  if (!existsSync(path)) return undefined;
  const record = readRecord(path);
  const { evaluation, protocol, model, policy, config, digests } = record;
  const found = { evaluation, protocol, model, policy, config, digests };
  if (!isDeepStrictEqual(found, identity)) {
    if (mayReplace?.(record)) return undefined;
    throw otherRun(path, identity, found);
  }
  if (trace === undefined) return record;
  return await isTraceOf(record, trace) ? { ...record, trace: trace.path } : undefined;
}

/** A record as this program writes it. */
function readRecord(path: string): EvaluationRecord {
  const record = recordAt(path);
  if (typeof record?.scores.perplexity === "number") return record;
  throw new EvaluationInputError(
    `${path}: expected the record of an evaluation but found something else`,
    "another folder",
  );
}
