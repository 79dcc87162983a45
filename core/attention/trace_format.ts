/**
 * The attention trace, version 1: what a run of a model under a policy attended to, step by step.
 *
 * A file is the eight bytes `kvpim-at`, then frames, then nothing. A frame is
 *
 * | bytes | what |
 * | --- | --- |
 * | 1 | kind, see {@linkcode FrameKind} |
 * | 4 | bytes of the body as stored, little endian |
 * | 4 | bytes of the body before compression, little endian, at most 64 MiB |
 * | 4 | CRC-32 of the nine bytes above and the stored body, little endian |
 * | … | body, compressed with deflate (RFC 1951) |
 *
 * The first frame is the header and the last the end; a file without an end was interrupted. Every
 * sample (one prompt and its decoding) is a sample frame, table frames and a sample-end frame, so a
 * file can be cut after any finished sample and continued.
 *
 * A row belongs to a decode step, counted from 1 in each sample; step 0, of accesses and clusterings
 * only, is the prompt. Rows of a table are in the order of their steps, and where a selections frame
 * stands, all accesses and clusterings of the steps before its last one stand before it.
 *
 * Bodies of the header, sample, sample-end and end frames are JSON objects in UTF-8. The body of a
 * table frame is a list of numbers, each seven bits a byte, lowest first, eighth bit set on all but
 * its last byte: the number of rows, then each column of {@linkcode TABLES} in order. The entries of
 * a column are differences to the entry before (the first to 0), written as 2d if d >= 0 and -2d - 1
 * otherwise. Selections go on with the lists the header announces, first `tokens`, then `rows16`:
 * for each row its entries in ascending order, the first as it is, each other less the one before
 * and less 1. A row has `keptTokens` tokens and `placedRows16` rows.
 *
 * @module
 */
import * as v from "valibot";
import type { RowsTouched } from "./rows.ts";

/** The first bytes of a trace. */
export const MAGIC = new TextEncoder().encode("kvpim-at");

/** The version this code writes and reads. */
export const TRACE_VERSION = 1;

/** What a frame holds. */
export const FrameKind = {
  header: 1,
  sample: 2,
  selections: 3,
  accesses: 4,
  clusterings: 5,
  sampleEnd: 6,
  end: 7,
} as const;

/** Bytes of a frame before its body. */
export const FRAME_PREFIX_BYTES = 13;

/** The most bytes a body may have before compression. */
export const MAX_BODY_BYTES = 64 * 2 ** 20;

/** Columns of each table, in the order in which they are stored; all whole numbers from 0. */
export const TABLES = {
  selections: [
    "step",
    "layer",
    "headGroup",
    "contextTokens",
    "keptTokens",
    "sequentialRows16",
    "placedRows16",
    "sequentialDramRows",
    "placedDramRows",
  ],
  accesses: ["step", "layer", "kind", "direction", "bytes", "pieces"],
  clusterings: ["step", "layer", "windows", "tokens", "clusters", "iterations"],
} as const;

/** The name of a table. */
export type TableName = keyof typeof TABLES;

/** What an access reads or writes, by its number in the `kind` column (the policy contract). */
export const ACCESS_KINDS = [
  "keys",
  "key-channels",
  "page-digests",
  "centroids",
  "codes",
  "scores",
  "indices",
  "other",
] as const;

/** Which way an access goes, by its number in the `direction` column. */
export const ACCESS_DIRECTIONS = ["read", "write"] as const;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** The header of a trace. */
export const TraceHeaderSchema = v.strictObject({
  /** The format's version. */
  version: v.literal(TRACE_VERSION),
  model: v.strictObject({
    name: v.string(),
    /** SHA-256 of what determines the model, hexadecimal. */
    digest: v.string(),
    layers: positive,
    queryHeads: positive,
    kvHeads: positive,
    headDim: positive,
  }),
  policy: v.strictObject({
    name: v.string(),
    version: v.string(),
    /** SHA-256 of the component, hexadecimal. */
    digest: v.string(),
    /** Tokens a head may attend to in one step. */
    budget: positive,
    /** Seed of what the policy draws. */
    seed: v.optional(count),
    /** SHA-256 of what the policy was calibrated to, hexadecimal. */
    calibration: v.optional(v.string()),
    parameters: v.record(v.string(), v.union([v.number(), v.boolean(), v.string()])),
    /** Layers that attend to everything, counted from 0. */
    denseLayers: v.array(count),
  }),
  /** Selections of one layer and step: one for each query head, or each KV head. */
  headUnit: v.picklist(["query-head", "kv-head"]),
  /** Which lists the selections carry: token indices, and rows of 16 slots as placed. */
  lists: v.array(v.picklist(["tokens", "rows16"])),
});

/** The header of a trace. */
export type TraceHeader = v.InferOutput<typeof TraceHeaderSchema>;

/** The body of a sample frame. */
export const SampleSchema = v.strictObject({ index: count, name: v.string() });

/** The body of a sample-end frame: rows of each table since the sample began. */
export const SampleEndSchema = v.strictObject({
  index: count,
  selections: count,
  accesses: count,
  clusterings: count,
});

/** The body of an end frame. */
export const EndSchema = v.strictObject({ samples: count });

/** What one head group attended to, at one decode step of one layer. */
export interface SelectionRow extends RowsTouched {
  /** Decode step within the sample, from 1. */
  step: number;
  /** Layer, from 0. */
  layer: number;
  /** Query head or KV head, as the header says. */
  headGroup: number;
  /** Tokens in the cache, this step's included. */
  contextTokens: number;
}

/** Memory traffic of deciding, summed over a layer's heads. */
export interface AccessRow {
  /** Decode step, from 1; 0 is the prompt. */
  step: number;
  layer: number;
  /** Index into {@linkcode ACCESS_KINDS}. */
  kind: number;
  /** Index into {@linkcode ACCESS_DIRECTIONS}. */
  direction: number;
  bytes: number;
  /** Contiguous pieces the bytes lie in. */
  pieces: number;
}

/** Clustering work, as the policy contract counts it. */
export interface ClusteringRow {
  /** Decode step, from 1; 0 is the prompt. */
  step: number;
  layer: number;
  /** Windows clustered, KV heads counted. */
  windows: number;
  /** Tokens of one window. */
  tokens: number;
  /** Clusters of one window. */
  clusters: number;
  /** Iterations run, summed over the windows. */
  iterations: number;
}

/** The row of each table. */
export interface TableRows {
  selections: SelectionRow;
  accesses: AccessRow;
  clusterings: ClusteringRow;
}

/** How many head groups a layer has. */
export function headGroups(header: TraceHeader): number {
  return header.headUnit === "query-head" ? header.model.queryHeads : header.model.kvHeads;
}
