/**
 * Reads the safetensors format: an 8-byte length, a JSON header, then the bytes of the tensors.
 *
 * @module
 */
import * as v from "valibot";
import { CheckpointError } from "./checkpoint_error.ts";
import { elementBytes, type ElementType, isElementType } from "./element_type.ts";
import { RandomAccessFile } from "./random_access_file.ts";
import type { StoredTensor } from "./tensor_store.ts";

/** The format's own limit on its header. */
const MAXIMUM_HEADER_BYTES = 100_000_000;

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const Entry = v.object({
  dtype: v.string(),
  shape: v.array(natural),
  data_offsets: v.tuple([natural, natural]),
});

/** A tensor as the header has it. */
export interface SafetensorsEntry {
  /** E.g. `"F32"`. */
  readonly type: string;
  readonly shape: readonly number[];
  /** Of its first byte, from the beginning of the file. */
  readonly byteOffset: number;
  readonly bytes: number;
}

/**
 * Lists what a safetensors file holds, of whatever type; no tensor is read.
 *
 * @throws {CheckpointError} when the header is truncated, no JSON, or does not fit the file
 */
export function safetensorsEntries(file: RandomAccessFile): Map<string, SafetensorsEntry> {
  const headerBytes = readHeaderLength(file);
  const begin = 8 + headerBytes;
  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, value] of Object.entries(parseHeader(file, headerBytes))) {
    if (name === "__metadata__") continue;
    const entry = v.safeParse(Entry, value);
    if (!entry.success) {
      const shape = '{"dtype", "shape", "data_offsets"}';
      throw new CheckpointError(file.path, `tensor ${name}`, shape, JSON.stringify(value));
    }
    const { dtype: type, shape, data_offsets: [first, end] } = entry.output;
    checkExtent(file, name, [first, end], file.size - begin);
    entries.set(name, { type, shape, byteOffset: begin + first, bytes: end - first });
  }
  return entries;
}

/**
 * Lists the tensors of a safetensors file, of whatever type; no tensor is read.
 *
 * @throws {CheckpointError} when the header is truncated, no JSON, or does not fit the file, or a
 * tensor of a type that weights have is not of its size
 */
export function listSafetensors(file: RandomAccessFile): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { type, shape, byteOffset, bytes }] of safetensorsEntries(file)) {
    if (isElementType(type)) checkSize(file, name, bytes, shape, type);
    tensors.set(name, { type, shape, file, byteOffset });
  }
  return tensors;
}

function readHeaderLength(file: RandomAccessFile): number {
  if (file.size < 8) {
    throw new CheckpointError(file.path, "header", "at least 8 bytes", `${file.size}: truncated`);
  }
  const length = Number(new DataView(file.read(0, 8).buffer).getBigUint64(0, true));
  if (length > MAXIMUM_HEADER_BYTES) {
    const expected = `at most ${MAXIMUM_HEADER_BYTES} bytes`;
    throw new CheckpointError(file.path, "header", expected, `${length}: no safetensors file`);
  }
  if (length > file.size - 8) {
    const expected = `${length} bytes`;
    throw new CheckpointError(file.path, "header", expected, `${file.size - 8}: truncated`);
  }
  return length;
}

function parseHeader(file: RandomAccessFile, length: number): Record<string, unknown> {
  const text = new TextDecoder().decode(file.read(8, length));
  try {
    const header = JSON.parse(text);
    if (typeof header === "object" && header !== null && !Array.isArray(header)) return header;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CheckpointError(
    file.path,
    "header",
    "a JSON object",
    JSON.stringify(text.slice(0, 40)),
  );
}

function checkExtent(
  file: RandomAccessFile,
  name: string,
  [begin, end]: readonly [number, number],
  dataBytes: number,
) {
  if (begin <= end && end <= dataBytes) return;
  throw new CheckpointError(
    file.path,
    `tensor ${name}`,
    `data within ${dataBytes} bytes`,
    `bytes ${begin} to ${end}: ${end > dataBytes ? "truncated" : "reversed"}`,
  );
}

function checkSize(
  file: RandomAccessFile,
  name: string,
  found: number,
  shape: readonly number[],
  type: ElementType,
) {
  const bytes = shape.reduce((product, n) => product * n, elementBytes[type]);
  if (bytes === found) return;
  const expected = `${bytes} bytes for ${type} [${shape.join(", ")}]`;
  throw new CheckpointError(file.path, `tensor ${name}`, expected, String(found));
}
