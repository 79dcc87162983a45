/**
 * Reads SentencePiece's tokenizer.model (Llama 2, LongChat) as the tokenizer.json it is worth.
 *
 * The rules are those of the `transformers` library's conversion of Llama's slow tokenizer: text
 * after a special token begins anew, with a space before it, as in that tokenizer's `legacy` mode.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { accessFile } from "./access_file.ts";
import { CheckpointError } from "./checkpoint_error.ts";
import { protobufFields } from "./protobuf_reader.ts";

/** Kinds of pieces, as sentencepiece_model.proto numbers them. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

/** `TrainerSpec.ModelType.BPE`. */
const BPE = 2;

interface Piece {
  readonly text: string;
  /** For byte-pair encoding: minus the number of merges before the one that makes this piece. */
  readonly score: number;
  readonly kind: number;
}

/** A token outside the encoding, as tokenizer.json has it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
}

/** A tokenizer.json. */
export interface TokenizerDefinition {
  readonly added_tokens: readonly AddedToken[];
  readonly model: {
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (readonly [string, string])[];
    readonly [part: string]: unknown;
  };
  readonly [part: string]: unknown;
}

/**
 * Reads a tokenizer.model.
 *
 * @throws {CheckpointError} when it is damaged or no byte-pair encoding
 */
export function readSentencePiece(file: string): TokenizerDefinition {
  const { pieces, modelType } = parse(file);
  if (modelType !== BPE) {
    throw new CheckpointError(file, "trainer_spec.model_type", "2 (BPE)", String(modelType));
  }
  const vocab = Object.fromEntries(pieces.map(({ text }, id) => [text, id]));
  const unknown = pieces.find(({ kind }) => kind === UNKNOWN)?.text ?? null;
  const added = pieces.flatMap(({ text, kind }, id) =>
    kind === UNKNOWN || kind === CONTROL || kind === USER_DEFINED
      ? [addedToken(id, text, kind !== USER_DEFINED)]
      : []
  );
  return {
    version: "1.0",
    added_tokens: added,
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "Prepend", prepend: "▁" },
        { type: "Replace", pattern: { String: " " }, content: "▁" },
      ],
    },
    pre_tokenizer: null,
    post_processor: beginningOfText(vocab),
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: "▁" }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
    model: {
      type: "BPE",
      unk_token: unknown,
      fuse_unk: true,
      byte_fallback: true,
      vocab,
      merges: mergesOf(pieces),
    },
  };
}

function parse(file: string): { pieces: Piece[]; modelType: number } {
  const bytes = accessFile(file, () => readFileSync(file));
  const pieces: Piece[] = [];
  let modelType = 1;
  try {
    for (const field of protobufFields(bytes)) {
      if (field.wire !== "bytes") continue;
      if (field.number === 1) pieces.push(parsePiece(field.value));
      if (field.number === 2) modelType = parseModelType(field.value);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CheckpointError(file, "", "a SentencePiece model", error.message);
  }
  if (pieces.length > 0) return { pieces, modelType };
  throw new CheckpointError(file, "pieces", "at least one", "none");
}

function parsePiece(bytes: Uint8Array): Piece {
  let text = "";
  let score = 0;
  let kind = 1;
  for (const field of protobufFields(bytes)) {
    if (field.number === 1 && field.wire === "bytes") text = new TextDecoder().decode(field.value);
    if (field.number === 2 && field.wire === "fixed32") score = field.value;
    if (field.number === 3 && field.wire === "varint") kind = field.value;
  }
  return { text, score, kind };
}

function parseModelType(bytes: Uint8Array): number {
  for (const field of protobufFields(bytes)) {
    if (field.number === 3 && field.wire === "varint") return field.value;
  }
  return 1;
}

function addedToken(id: number, content: string, special: boolean): AddedToken {
  return {
    id,
    content,
    special,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  };
}

/** `<s>` goes before a text, where the vocabulary has it. */
function beginningOfText(vocab: Readonly<Record<string, number>>) {
  const id = vocab["<s>"];
  if (id === undefined) return null;
  return {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    pair: [],
    special_tokens: { "<s>": { id: "<s>", ids: [id], tokens: ["<s>"] } },
  };
}

/** Every way to put a piece together from two others; pieces that were merged first come first. */
function mergesOf(pieces: readonly Piece[]): [string, string][] {
  // No object, to which words like `constructor` are keys of their own.
  const ids = new Map(pieces.map(({ text }, id) => [text, id]));
  const merges = pieces.flatMap(({ text, score }) => {
    const characters = [...text];
    const ways: { pair: [string, string]; score: number; left: number; right: number }[] = [];
    for (let cut = 1; cut < characters.length; cut++) {
      const pair: [string, string] = [
        characters.slice(0, cut).join(""),
        characters.slice(cut).join(""),
      ];
      const left = ids.get(pair[0]);
      const right = ids.get(pair[1]);
      if (left !== undefined && right !== undefined) ways.push({ pair, score, left, right });
    }
    return ways.sort((a, b) => a.left - b.left || a.right - b.right);
  });
  return merges.sort((a, b) => b.score - a.score).map(({ pair }) => pair);
}
