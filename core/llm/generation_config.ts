import { join } from "node:path";
import * as v from "valibot";
import { EndTokens, endTokensOf } from "./end_tokens.ts";
import type { ModelConfig } from "./model_config.ts";
import { readJsonIfPresent } from "./read_json.ts";
import { unusedGenerationSettings } from "./unused_generation_settings.ts";

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
  /** Of the likeliest token's probability: those with less are not drawn, 0 to 1. */
  readonly minP: number;
  /** Share of probability whose tokens of typical surprise are drawn from, over 0 up to 1. */
  readonly typicalP: number;
  /** What logits of tokens that came before are divided by; 1 for none. Whether drawn or not. */
  readonly repetitionPenalty: number;
  /** Settings that would change what is chosen and are not used, as `NAME VALUE`. */
  readonly notUsed: readonly string[];
}

const Share = v.pipe(v.number(), v.gtValue(0), v.maxValue(1));

const Generation = v.looseObject({
  eos_token_id: EndTokens,
  do_sample: v.nullish(v.boolean()),
  temperature: v.nullish(v.pipe(v.number(), v.finite(), v.minValue(0))),
  top_k: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0))),
  top_p: v.nullish(Share),
  min_p: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  typical_p: v.nullish(Share),
  repetition_penalty: v.nullish(v.pipe(v.number(), v.finite(), v.gtValue(0))),
});

/**
 * Reads generation_config.json of a checkpoint directory. What it leaves open is as config.json
 * says, or as the `transformers` library defaults. null leaves a setting open, as that library has it
 * since version 5 (`_get_default_generation_params`); before, a `top_k` of null was none.
 *
 * @throws {CheckpointError} when the file is there but wrong
 */
export function readGenerationConfig(directory: string, model: ModelConfig): GenerationConfig {
  const file = join(directory, "generation_config.json");
  const raw = readJsonIfPresent(file, Generation);
  return {
    endTokens: endTokensOf(file, raw?.eos_token_id, model.vocabulary) ?? model.endTokens,
    sample: raw?.do_sample ?? false,
    temperature: raw?.temperature ?? 1,
    topK: raw?.top_k ?? 50,
    topP: raw?.top_p ?? 1,
    minP: raw?.min_p ?? 0,
    typicalP: raw?.typical_p ?? 1,
    repetitionPenalty: raw?.repetition_penalty ?? 1,
    notUsed: unusedGenerationSettings(raw ?? {}),
  };
}
