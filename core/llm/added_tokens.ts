/**
 * Tokens that were added to a SentencePiece vocabulary after its training, as LongChat's and
 * Vicuna's were.
 *
 * @module
 */
import { join } from "node:path";
import * as v from "valibot";
import { readJsonIfPresent } from "./read_json.ts";
import type { AddedToken, TokenizerDefinition } from "./sentencepiece.ts";

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const AddedTokens = v.record(v.string(), id);

const content = v.union([v.string(), v.looseObject({ content: v.string() })]);
const SpecialTokens = v.record(v.string(), v.union([content, v.array(content)]));

const Decoder = v.looseObject({
  added_tokens_decoder: v.optional(v.record(
    v.pipe(v.string(), v.digits()),
    v.looseObject({
      content: v.string(),
      special: v.optional(v.boolean(), false),
      single_word: v.optional(v.boolean(), false),
      lstrip: v.optional(v.boolean(), false),
      rstrip: v.optional(v.boolean(), false),
      normalized: v.optional(v.boolean(), false),
    }),
  )),
});

/**
 * Reads `added_tokens_decoder` of tokenizer_config.json, or else added_tokens.json, whose tokens are
 * special where special_tokens_map.json or tokenizer_config.json names them.
 *
 * @throws {CheckpointError} when a file is there and malformed
 */
export function readAddedTokens(directory: string, settings: object): AddedToken[] {
  const { added_tokens_decoder: decoder } =
    readJsonIfPresent(join(directory, "tokenizer_config.json"), Decoder) ?? {};
  if (decoder) {
    return Object.entries(decoder).map(([id, token]) => {
      const { content, special, single_word, lstrip, rstrip, normalized } = token;
      return { id: Number(id), content, special, single_word, lstrip, rstrip, normalized };
    });
  }
  const added = readJsonIfPresent(join(directory, "added_tokens.json"), AddedTokens) ?? {};
  const map = readJsonIfPresent(join(directory, "special_tokens_map.json"), SpecialTokens) ?? {};
  const named = Object.entries(settings).filter(([name]) => name.endsWith("_token"));
  const special = new Set(
    [...Object.values(map), ...named.map(([, token]) => token)].flat().map(textOf),
  );
  return Object.entries(added).map(([content, id]) => ({
    id,
    content,
    special: special.has(content),
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }));
}

/** A vocabulary and more tokens; one that has an id of the vocabulary takes its place. */
export function withAddedTokens(
  definition: TokenizerDefinition,
  added: readonly AddedToken[],
): TokenizerDefinition {
  const taken = new Set(added.map(({ id }) => id));
  const kept = definition.added_tokens.filter(({ id }) => !taken.has(id));
  return { ...definition, added_tokens: [...kept, ...added].sort((a, b) => a.id - b.id) };
}

function textOf(token: unknown): unknown {
  return typeof token === "object" && token !== null && "content" in token ? token.content : token;
}
