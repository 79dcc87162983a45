/**
 * RULER's files of samples.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import { digestText } from "../digest.ts";
import { pythonJson } from "../python/json.ts";
import { generateRuler, type GenerateRulerOptions } from "./generate.ts";
import { BUILT_IN_TEMPLATES } from "./templates.ts";
import { builtInWords } from "./words.ts";

/** A line of a file of samples, of this project, NVIDIA's RULER, or ShadowKV's older form. */
export const RulerLineSchema = v.looseObject({
  index: v.number(),
  input: v.string(),
  outputs: v.pipe(v.array(v.string()), v.minLength(1)),
  answer_prefix: v.optional(v.string(), ""),
});

/** A line of a file of samples. */
export type RulerFileLine = v.InferOutput<typeof RulerLineSchema>;

/** How to write a file. */
export interface WriteRulerOptions extends GenerateRulerOptions {
  /** What counts the tokens, for the record. */
  readonly tokenizer: string;
  /**
   * Whether `input` ends with the answer prefix, as the STARC artifact's evaluation expects, or
   * leaves it to its own field, as NVIDIA's.
   *
   * @default {"field"}
   */
  readonly answerPrefix?: "field" | "input" | undefined;
}

/**
 * Generates a task's samples into a file such as `validation.jsonl`, and what they were made from
 * into another beside it, `validation.json`. The same options make the same bytes.
 *
 * @throws {EvaluationInputError} if material is missing, or the smallest sample does not fit
 */
export function writeRulerFile(path: string, options: WriteRulerOptions) {
  const lines = Array.from(generateRuler(options), (line) => {
    const { input, answer_prefix, ...rest } = line;
    const written = options.answerPrefix === "input"
      ? { ...rest, input: input + answer_prefix }
      : { ...rest, input, answer_prefix };
    return pythonJson(written, { ascii: true });
  });
  mkdirSync(dirname(path), { recursive: true });
  const text = lines.map((line) => `${line}\n`).join("");
  writeFileSync(path, text);
  const origin = JSON.stringify(
    { ...rulerOrigin(options), sha256: digestText(text) },
    undefined,
    2,
  );
  writeFileSync(path.replace(/\.jsonl$/, "") + ".json", `${origin}\n`);
}

/** What samples are made from, with digests of the material. */
export function rulerOrigin(options: WriteRulerOptions): Record<string, unknown> {
  const { task, maxTokens, samples, seed = 42, material, tokenizer } = options;
  const { templates = BUILT_IN_TEMPLATES, words = builtInWords() } = material;
  return {
    task,
    maxTokens,
    samples,
    seed,
    tokenizer,
    answerPrefix: options.answerPrefix ?? "field",
    templates: templates === BUILT_IN_TEMPLATES
      ? "built in"
      : digestText(JSON.stringify(templates)),
    words: words.digest,
    essays: material.essays?.digest ?? null,
    squad: material.squad?.digest ?? null,
    hotpotqa: material.hotpotqa?.digest ?? null,
  };
}
