/**
 * Lists the tensors of a file that torch.save wrote (pytorch_model*.bin): a zip archive with a
 * pickle of tensors whose elements are files of their own.
 *
 * @module
 */
import { CheckpointError } from "./checkpoint_error.ts";
import { elementBytes, type ElementType } from "./element_type.ts";
import {
  PickleCall,
  PickleGlobal,
  PickleReference,
  type PickleValue,
  readPickle,
} from "./pickle.ts";
import type { RandomAccessFile } from "./random_access_file.ts";
import type { StoredTensor } from "./tensor_store.ts";
import { listZip, type StoredEntry } from "./zip_reader.ts";

const STORAGE_TYPES: ReadonlyMap<string, ElementType> = new Map([
  ["torch.FloatStorage", "F32"],
  ["torch.HalfStorage", "F16"],
  ["torch.BFloat16Storage", "BF16"],
]);

const REBUILD_TENSOR = "torch._utils._rebuild_tensor_v2";
const REBUILD_PARAMETER = "torch._utils._rebuild_parameter";

/**
 * Lists the tensors, of whatever type; no tensor is read and nothing of the pickle is executed.
 *
 * @throws {CheckpointError} when it is no such file, damaged, or holds what is no tensor
 */
export function listTorchTensors(file: RandomAccessFile): Map<string, StoredTensor> {
  const entries = listZip(file);
  const pickleName = [...entries.keys()].find((name) => name.endsWith("/data.pkl"));
  if (pickleName === undefined) {
    throw new CheckpointError(file.path, "", "a file data.pkl in the archive", "none");
  }
  const prefix = pickleName.slice(0, -"data.pkl".length);
  const reader = new TensorReader(file, entries, prefix);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, value] of dictionary(file, pickleOf(file, entries.get(pickleName)!))) {
    tensors.set(String(name), reader.tensor(String(name), value));
  }
  return tensors;
}

function pickleOf(file: RandomAccessFile, entry: StoredEntry): PickleValue {
  try {
    return readPickle(file.read(entry.byteOffset, entry.bytes));
  } catch (error) {
    if (!(error instanceof RangeError) || error instanceof CheckpointError) throw error;
    throw new CheckpointError(file.path, "data.pkl", "a pickle of tensors", error.message);
  }
}

function dictionary(file: RandomAccessFile, value: PickleValue): Map<PickleValue, PickleValue> {
  if (value instanceof Map) return value;
  throw new CheckpointError(file.path, "data.pkl", "a dictionary of tensors", describe(value));
}

/** Makes tensors of the calls that would rebuild them. */
class TensorReader {
  constructor(
    private readonly file: RandomAccessFile,
    private readonly entries: ReadonlyMap<string, StoredEntry>,
    private readonly prefix: string,
  ) {}

  tensor(name: string, value: PickleValue): StoredTensor {
    const args = this.#rebuildArguments(name, value);
    const [storage, offset, shape, strides] = args;
    const [kind, type, key] = storage instanceof PickleReference && Array.isArray(storage.id)
      ? storage.id
      : [];
    if (kind !== "storage" || !(type instanceof PickleGlobal)) {
      throw this.#error(name, "a tensor", describe(value));
    }
    if (!isNatural(offset) || !areNatural(shape) || !areNatural(strides)) {
      const found = [offset, shape, strides].map(numbersOf).join(", ");
      throw this.#error(name, "an offset, a shape and strides of whole numbers from 0", found);
    }
    const element = STORAGE_TYPES.get(type.name);
    // Weights are of no such type, so that nothing will be read of it wherever it lies.
    if (element === undefined) return { type: type.name, shape, file: this.file, byteOffset: 0 };
    if (strides.join() !== contiguousStrides(shape).join()) {
      throw this.#error(name, "contiguous elements", `strides [${strides.join(", ")}]`);
    }
    const entry = this.entries.get(`${this.prefix}data/${key}`);
    const elements = shape.reduce((product, n) => product * n, 1);
    const end = (offset + elements) * elementBytes[element];
    if (entry === undefined || entry.bytes < end) {
      throw this.#error(name, `${end} bytes in data/${key}`, String(entry?.bytes ?? "none"));
    }
    const byteOffset = entry.byteOffset + offset * elementBytes[element];
    return { type: element, shape, file: this.file, byteOffset };
  }

  /** Arguments of the call that rebuilds a tensor, which may be that of a parameter. */
  #rebuildArguments(name: string, value: PickleValue): PickleValue[] {
    const own = argumentsOf(value, REBUILD_PARAMETER)?.[0] ?? value;
    const found = argumentsOf(own, REBUILD_TENSOR);
    if (found === undefined) throw this.#error(name, "a tensor", describe(own));
    return found;
  }

  #error(name: string, expected: string, found: string): CheckpointError {
    return new CheckpointError(this.file.path, `tensor ${name}`, expected, found);
  }
}

/** Arguments of a call of a function, where it is one. */
function argumentsOf(value: PickleValue, callee: string): PickleValue[] | undefined {
  const isCall = value instanceof PickleCall && value.callee instanceof PickleGlobal &&
    value.callee.name === callee;
  return isCall && Array.isArray(value.args) ? value.args : undefined;
}

/** A pickle may state any number; places and sizes are whole and not negative. */
function isNatural(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}

function areNatural(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isNatural);
}

/** A number or a list of them, for people. */
function numbersOf(value: PickleValue | undefined): string {
  const one = (n: PickleValue | undefined) => typeof n === "number" ? String(n) : describe(n);
  return Array.isArray(value) ? `[${value.map(one).join(", ")}]` : one(value);
}

function contiguousStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
}

function describe(value: PickleValue | undefined): string {
  if (value instanceof PickleCall) return `a call of ${describe(value.callee)}`;
  if (value instanceof PickleGlobal) return value.name;
  return value === null ? "None" : value?.constructor.name ?? "nothing";
}
