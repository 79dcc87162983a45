import { basename } from "node:path";
import { CheckpointError } from "./checkpoint_error.ts";
import { elementBytes, type ElementType, isElementType, toFloat32 } from "./element_type.ts";
import { releaseBuffer } from "./release_buffer.ts";
import type { RandomAccessFile } from "./random_access_file.ts";

/** Where a tensor lies. Its elements are contiguous, last axis fastest. */
export interface StoredTensor {
  /** As its file names it; of those that are no {@linkcode ElementType} nothing can be read. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly file: RandomAccessFile;
  /** Of the first element, from the beginning of the file. */
  readonly byteOffset: number;
}

/** A tensor whose elements can be read. */
interface ReadableTensor extends StoredTensor {
  readonly type: ElementType;
}

function isReadable(tensor: StoredTensor): tensor is ReadableTensor {
  return isElementType(tensor.type);
}

/** Tensors by name, as a model is made from. */
export interface TensorSource {
  /** File that says which tensors there are, for messages; none where they are in no file. */
  readonly source?: string;
  /** Checks that a tensor has a shape; throws where it is missing or has another. */
  expect(name: string, shape: readonly number[]): void;
  /** Some rows (indices of the first axis) of a tensor as float32, in a buffer of their own. */
  readRows(name: string, first: number, count: number): Float32Array<ArrayBuffer>;
}

/**
 * Reads a tensor as float32.
 *
 * @param shape what the model's configuration makes of it
 * @throws {CheckpointError} when it is missing or has another shape
 */
export function readTensor(
  source: TensorSource,
  name: string,
  shape: readonly number[],
): Float32Array<ArrayBuffer> {
  source.expect(name, shape);
  return source.readRows(name, 0, shape[0]!);
}

/** The tensors of a checkpoint, read when asked for and as many rows as asked for. */
export class TensorStore implements TensorSource, Disposable {
  /**
   * @param source file that says which tensors there are, for messages
   * @param files every file the tensors lie in; closed with the store
   * @param listed path of the file that a tensor should lie in, where `source` tells of several
   */
  constructor(
    readonly source: string,
    readonly tensors: ReadonlyMap<string, StoredTensor>,
    private readonly files: readonly RandomAccessFile[],
    private readonly listed: ReadonlyMap<string, string> = new Map(),
  ) {}

  /** Tells whether there is a tensor of this name. */
  has(name: string): boolean {
    return this.tensors.has(name);
  }

  /**
   * Reads some rows (indices of the first axis) of a tensor as float32. Norms and biases, which are
   * short, must be finite; of matrices the logits tell.
   *
   * @throws {CheckpointError} when the tensor is missing, of a type that weights do not have or a
   * list of what is not finite
   */
  readRows(name: string, first: number, count: number): Float32Array<ArrayBuffer> {
    const { type, shape, file, byteOffset } = this.#find(name);
    const rowBytes = elementBytes[type] * shape.slice(1).reduce((product, n) => product * n, 1);
    const bytes = file.read(byteOffset + first * rowBytes, count * rowBytes);
    const rows = toFloat32(bytes, type);
    if (rows.buffer !== bytes.buffer) releaseBuffer(bytes);
    if (shape.length === 1) checkFinite(file.path, name, rows);
    return rows;
  }

  /**
   * Checks that a tensor has a shape.
   *
   * @throws {CheckpointError} when it is missing, of a type that weights do not have or has another
   * shape
   */
  expect(name: string, shape: readonly number[]) {
    const stored = this.#find(name);
    if (stored.shape.join() === shape.join()) return;
    const place = `tensor ${name}`;
    throw new CheckpointError(
      stored.file.path,
      place,
      `shape [${shape.join(", ")}]`,
      `[${stored.shape.join(", ")}]`,
    );
  }

  #find(name: string): ReadableTensor {
    const tensor = this.tensors.get(name);
    if (!tensor) {
      const shard = this.listed.get(name);
      const found = shard ? `none, though ${basename(this.source)} says so` : "none of this name";
      throw new CheckpointError(shard ?? this.source, "", `a tensor ${name}`, found);
    }
    if (isReadable(tensor)) return tensor;
    const expected = `dtype ${Object.keys(elementBytes).join(" or ")}`;
    throw new CheckpointError(tensor.file.path, `tensor ${name}`, expected, tensor.type);
  }

  [Symbol.dispose]() {
    for (const file of this.files) file[Symbol.dispose]();
  }
}

function checkFinite(file: string, name: string, values: Float32Array) {
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return;
  throw new CheckpointError(file, `tensor ${name}`, "finite numbers", String(wrong));
}
