import { existsSync } from "node:fs";
import * as v from "valibot";
import type { EvaluationRecord } from "./evaluation_record.ts";
import { readText } from "./read_text.ts";
import { SampleCostSchema } from "./sample_log.ts";

const settings = v.record(v.string(), v.unknown());

/** What a record has at least. */
const RecordSchema = v.looseObject({
  version: v.literal(1),
  evaluation: v.picklist(["longbench", "ruler", "perplexity"]),
  protocol: v.string(),
  model: v.string(),
  policy: settings,
  config: settings,
  digests: v.record(v.string(), v.string()),
  scores: settings,
  recall: v.nullable(v.number()),
  samples: v.number(),
  cost: SampleCostSchema,
  trace: v.nullable(v.string()),
  traceDigest: v.exactOptional(v.string()),
});

/**
 * The record that a file holds; nothing where there is no file, or something else in it.
 *
 * @throws {EvaluationInputError} if it cannot be read
 */
export function recordAt(path: string): EvaluationRecord | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const result = v.safeParse(RecordSchema, JSON.parse(readText(path)));
    return result.success ? result.output : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
