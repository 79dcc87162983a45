/**
 * RULER's files of samples.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import { digestText } from "../digest.ts";
import { EvaluationInputError } from "../input_error.ts";
import { parseJsonLine } from "../json_lines.ts";
import { pythonJson } from "../python/json.ts";
import { finishedDigests, sampleDigest } from "../sample_log.ts";
import { unreadableFile } from "../read_text.ts";
import { writeWhole } from "../write_whole.ts";
import { generatedTokensOf, generateRuler, type GenerateRulerOptions } from "./generate.ts";
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
interface WriteRulerOptions extends GenerateRulerOptions {
  /** What counts the tokens, for the record. */
  readonly tokenizer: string;
  /** The chat template that `wrap` fills in, for the record. */
  readonly chatTemplate?: string | undefined;
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
 * into another beside it, `validation.json`. The same options make the same bytes, so a file that
 * was made from them is left as it is.
 *
 * @param results predictions that must keep the samples they were made from
 * @throws {EvaluationInputError} if material is missing, the smallest sample does not fit, or
 *   results would lose their samples; the file is then as it was
 */
export function writeRulerFile(
  path: string,
  options: WriteRulerOptions,
  results: readonly string[] = [],
) {
  const before = existingText(path);
  const found = existingOrigin(path);
  if (before !== undefined && isDeepStrictEqual(found, origin(options, before))) return;
  const text = samplesText(options);
  const [old, made] = [lineDigests(before ?? ""), lineDigests(text)];
  for (const result of results) {
    const lost = firstLost(finishedDigests(result), old, made);
    if (lost !== undefined) throw losing(path, result, lost, differences(found, options));
  }
  writeWhole(path, text);
  writeWhole(originPath(path), `${JSON.stringify(origin(options, text), undefined, 2)}\n`);
}

function samplesText(options: WriteRulerOptions): string {
  const lines = Array.from(generateRuler(options), (line) => {
    const { input, answer_prefix, ...rest } = line;
    const written = options.answerPrefix === "input"
      ? { ...rest, input: input + answer_prefix }
      : { ...rest, input, answer_prefix };
    return pythonJson(written, { ascii: true });
  });
  return lines.map((line) => `${line}\n`).join("");
}

function originPath(path: string): string {
  return `${path.replace(/\.jsonl$/, "")}.json`;
}

function origin(options: WriteRulerOptions, text: string): Record<string, unknown> {
  return { ...rulerOrigin(options), sha256: digestText(text) };
}

/** @throws {EvaluationInputError} where there is something that cannot be read: it may hold samples */
function existingText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as { code?: string }).code ?? "")) return undefined;
    throw unreadableFile(path, error);
  }
}

/** What a file says it was made from; nothing where it says nothing of the kind. */
function existingOrigin(path: string): Record<string, unknown> | undefined {
  const text = existingText(originPath(path));
  if (text === undefined) return undefined;
  try {
    return parseJsonLine(text, v.record(v.string(), v.unknown()), path);
  } catch {
    return undefined;
  }
}

/** Digests of a file's samples; none for a line that is no sample. */
function lineDigests(text: string): (string | undefined)[] {
  return text.split("\n").filter((line) => line.trim() !== "").map((line) => {
    try {
      return sampleDigest(parseJsonLine(line, RulerLineSchema, ""));
    } catch {
      return undefined;
    }
  });
}

/** The first finished sample that is in a file before, but no more after it is written anew. */
function firstLost(
  finished: readonly string[],
  before: readonly (string | undefined)[],
  after: readonly (string | undefined)[],
): number | undefined {
  const index = finished.findIndex((digest, i) => digest === before[i] && digest !== after[i]);
  return index < 0 ? undefined : index;
}

/** What options change of what a file was made from, e.g. "seed 7 instead of 42". */
function differences(
  found: Readonly<Record<string, unknown>> | undefined,
  options: WriteRulerOptions,
): string {
  return Object.entries(rulerOrigin(options))
    .filter(([name, value]) => found && Object.hasOwn(found, name) && found[name] !== value)
    .map(([name, value]) => `${name} ${value} instead of ${found![name]}`)
    .join(", ");
}

function losing(path: string, result: string, index: number, found: string) {
  return new EvaluationInputError(
    `${path}: expected the samples that ${result} was made from, and any after them, but found ` +
      (found || `another sample ${index + 1}`),
    "another folder",
  );
}

/** What samples are made from, with digests of the material. */
function rulerOrigin(options: WriteRulerOptions): Record<string, unknown> {
  const { task, maxTokens, samples, seed = 42, material, tokenizer, chatTemplate } = options;
  const { templates = BUILT_IN_TEMPLATES, words = builtInWords() } = material;
  return {
    task,
    maxTokens,
    generatedTokens: generatedTokensOf(options),
    samples,
    seed,
    tokenizer,
    chatTemplate: chatTemplate === undefined ? null : digestText(chatTemplate),
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
