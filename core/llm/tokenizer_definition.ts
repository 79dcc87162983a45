/**
 * A tokenizer's definition in the form of a tokenizer.json, checked as far as the library that runs
 * it does not.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { readAddedTokens, withAddedTokens } from "./added_tokens.ts";
import { CheckpointError } from "./checkpoint_error.ts";
import { describeIssue } from "../files/issue_words.ts";
import { readJson } from "./read_json.ts";
import { readSentencePiece } from "./sentencepiece.ts";

const tokenId = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const TokenizerJson = v.looseObject({
  added_tokens: v.nullish(v.array(v.looseObject({ id: tokenId, content: v.string() }))),
  model: v.looseObject({
    type: v.nullish(v.picklist(["BPE", "Unigram", "WordLevel", "WordPiece"])),
    // As it is: valibot's records leave out the tokens `constructor` and `prototype`.
    vocab: v.custom<object>(isVocabulary, "an object or a list"),
    merges: v.nullish(v.custom<readonly unknown[]>(Array.isArray, "a list")),
  }),
});

/** What is checked of a definition. */
interface Definition {
  readonly added_tokens?:
    | readonly { readonly id: number; readonly content: string }[]
    | null
    | undefined;
  readonly model: {
    readonly vocab: object;
    readonly merges?: readonly unknown[] | null | undefined;
  };
}

/** A definition and the file it is in. */
export interface TokenizerSource {
  readonly file: string;
  readonly definition: Definition;
}

/**
 * Reads tokenizer.json, or else tokenizer.model and added_tokens.json.
 *
 * @param settings content of tokenizer_config.json
 * @param vocabulary tokens of the model, if ids must be among them
 * @throws {CheckpointError} when there is no tokenizer, it is damaged or has ids the model lacks
 */
export function readTokenizerDefinition(
  directory: string,
  settings: object,
  vocabulary = Infinity,
): TokenizerSource {
  const source = readSource(directory, settings);
  checkIds(source, vocabulary);
  checkMerges(source);
  return source;
}

function readSource(directory: string, settings: object): TokenizerSource {
  const json = join(directory, "tokenizer.json");
  if (existsSync(json)) return { file: json, definition: readJson(json, TokenizerJson) };
  const file = join(directory, "tokenizer.model");
  if (!existsSync(file)) {
    throw new CheckpointError(directory, "", "tokenizer.json or tokenizer.model", "neither");
  }
  const definition = readSentencePiece(file);
  return { file, definition: withAddedTokens(definition, readAddedTokens(directory, settings)) };
}

function isVocabulary(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function checkIds({ file, definition }: TokenizerSource, below: number) {
  if (Object.keys(definition.model.vocab).length === 0) {
    throw new CheckpointError(file, "model.vocab", "at least one token", "none");
  }
  for (const [token, id] of idsOf(definition)) {
    if (Number.isSafeInteger(id) && id as number >= 0 && id as number < below) continue;
    const { issues } = v.safeParse(tokenId, id);
    if (issues) {
      const { expected, found } = describeIssue(issues[0]);
      throw new CheckpointError(file, `model.vocab.${JSON.stringify(token)}`, expected, found);
    }
    const expected = `ids below ${below} (vocab_size of config.json)`;
    throw new CheckpointError(file, "vocabulary", expected, `${id} for ${JSON.stringify(token)}`);
  }
}

/** Tokens and what is said to be their ids; in a list, pieces have those of their places. */
function idsOf({ model, added_tokens }: Definition): (readonly [unknown, unknown])[] {
  const own = Array.isArray(model.vocab)
    ? model.vocab.map((piece, id) => [Array.isArray(piece) ? piece[0] : piece, id] as const)
    : Object.entries(model.vocab);
  return [...own, ...(added_tokens ?? []).map(({ content, id }) => [content, id] as const)];
}

function checkMerges({ file, definition }: TokenizerSource) {
  const { merges } = definition.model;
  const wrong = merges?.findIndex((merge) => !isMerge(merge)) ?? -1;
  if (wrong < 0) return;
  const found = JSON.stringify(merges![wrong]);
  throw new CheckpointError(file, `model.merges.${wrong}`, "two tokens and a space between", found);
}

/** Two tokens in a list or, as older files have them, in a string. */
function isMerge(merge: unknown): boolean {
  if (Array.isArray(merge)) {
    return merge.length === 2 && merge.every((part) => typeof part === "string");
  }
  if (typeof merge !== "string") return false;
  // The `tokenizers` library passes over the first line of a merges.txt.
  if (merge.startsWith("#version")) return true;
  const space = merge.indexOf(" ");
  return space >= 0 && !merge.includes(" ", space + 1);
}
