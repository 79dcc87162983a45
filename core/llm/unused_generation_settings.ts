/** The value with which each setting does nothing; none does anything as null or an empty list. */
const NEUTRAL: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["num_beams", 1],
  ["num_beam_groups", 1],
  ["diversity_penalty", 0],
  ["penalty_alpha", 0],
  ["dola_layers", null],
  ["guidance_scale", 1],
  ["sequence_bias", null],
  ["encoder_repetition_penalty", 1],
  ["no_repeat_ngram_size", 0],
  ["encoder_no_repeat_ngram_size", 0],
  ["bad_words_ids", null],
  ["force_words_ids", null],
  ["constraints", null],
  ["min_length", 0],
  ["min_new_tokens", 0],
  ["forced_bos_token_id", null],
  ["forced_eos_token_id", null],
  ["forced_decoder_ids", null],
  ["exponential_decay_length_penalty", null],
  ["suppress_tokens", null],
  ["begin_suppress_tokens", null],
  ["top_h", null],
  ["epsilon_cutoff", 0],
  ["eta_cutoff", 0],
  ["watermarking_config", null],
  ["stop_strings", null],
  ["max_time", null],
]);

/**
 * Settings of a generation_config.json that would change which tokens are chosen and that this
 * program does not use, as `NAME VALUE`.
 *
 * @example
 * ```ts
 * import { unusedGenerationSettings } from "./unused_generation_settings.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const settings = { num_beams: 4, min_length: 0, suppress_tokens: null, top_k: 5 };
 * deepEqual(unusedGenerationSettings(settings), ["num_beams 4"]);
 * ```
 */
export function unusedGenerationSettings(settings: Readonly<Record<string, unknown>>): string[] {
  return [...NEUTRAL].flatMap(([name, neutral]) => {
    const value = settings[name];
    const isEmpty = Array.isArray(value) && value.length === 0;
    if (value === undefined || value === null || value === neutral || isEmpty) return [];
    return [`${name} ${JSON.stringify(value)}`];
  });
}
