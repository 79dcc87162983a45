import { join } from "node:path";
import * as v from "valibot";
import type { ModelConfig } from "./model_config.ts";
import { readJsonIfPresent } from "./read_json.ts";

/** How the authors of a model advise to generate with it. */
export interface GenerationConfig {
  /** Ids that end a text. */
  readonly endTokens: readonly number[];
  /** Whether tokens are drawn at random; else the likeliest is taken. */
  readonly sample: boolean;
  readonly temperature: number;
  /** Likeliest tokens that are drawn from; 0 for all. */
  readonly topK: number;
  /** Share of probability whose likeliest tokens are drawn from, over 0 up to 1. */
  readonly topP: number;
}

const Generation = v.object({
  eos_token_id: v.nullish(v.union([v.number(), v.array(v.number())])),
  do_sample: v.optional(v.boolean(), false),
  temperature: v.nullish(v.pipe(v.number(), v.minValue(0))),
  top_k: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0))),
  top_p: v.nullish(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
});

/**
 * Reads generation_config.json of a checkpoint directory. What it leaves open is as config.json
 * says, or as the `transformers` library defaults.
 *
 * @throws {CheckpointError} when the file is there but wrong
 */
export function readGenerationConfig(directory: string, model: ModelConfig): GenerationConfig {
  const raw = readJsonIfPresent(join(directory, "generation_config.json"), Generation);
  return {
    endTokens: raw?.eos_token_id === undefined || raw.eos_token_id === null
      ? model.endTokens
      : [raw.eos_token_id].flat(),
    sample: raw?.do_sample ?? false,
    temperature: raw?.temperature ?? 1,
    topK: raw?.top_k ?? 50,
    topP: raw?.top_p ?? 1,
  };
}
