/**
 * What compiled readers call: values of a component's memory that take more than one load.
 *
 * @module
 */
import { breach, checkRange, readPair } from "./guest_memory.ts";
import { fromCore } from "./core_values.ts";
import type { TypedArrayConstructor } from "./typed_arrays.ts";

const UTF8_DECODER = new TextDecoder("utf-8", { fatal: true });

/** @throws {ContractBreach} if it is above 2^53 */
export function u64(data: DataView, at: number): unknown {
  const number = data.getUint32(at + 4, true) * 2 ** 32 + data.getUint32(at, true);
  // Numbers that are not safe are told by their digits, which need the slow bigint.
  return Number.isSafeInteger(number) ? number : fromCore("u64", data.getBigUint64(at, true));
}

/** @throws {ContractBreach} if its magnitude is above 2^53 */
export function s64(data: DataView, at: number): unknown {
  const number = data.getInt32(at + 4, true) * 2 ** 32 + data.getUint32(at, true);
  return Number.isSafeInteger(number) ? number : fromCore("s64", data.getBigInt64(at, true));
}

/** @throws {ContractBreach} if it lies outside or is not UTF-8 */
export function string(data: DataView<ArrayBuffer>, at: number): string {
  const [from, length] = readPair(data, at);
  checkRange(data, from, length, 1, "a string");
  try {
    return UTF8_DECODER.decode(new Uint8Array(data.buffer, from, length));
  } catch {
    return breach("a string that is not UTF-8");
  }
}

/** @throws {ContractBreach} if there is no such label */
export function label(found: number, names: readonly string[]): string {
  return names[found] ?? breach(`label ${found} of ${names.join(", ")}`);
}

/** The labels whose bits are set. */
export function flags(found: number, names: readonly string[]): string[] {
  return names.filter((_, bit) => (found & (1 << bit)) !== 0);
}

/**
 * A list of anything but numbers.
 *
 * @throws {ContractBreach} if it lies outside
 */
export function list(
  data: DataView,
  at: number,
  bytes: number,
  alignment: number,
  read: (at: number) => unknown,
): unknown[] {
  const [from, length] = readPair(data, at);
  const values: unknown[] = [];
  if (length === 0) return values;
  checkRange(data, from, length * bytes, alignment, "a list");
  for (let index = 0; index < length; index++) values.push(read(from + index * bytes));
  return values;
}

/**
 * A list of numbers where it lies.
 *
 * @throws {ContractBreach} if it lies outside
 */
export function viewNumbers(
  data: DataView<ArrayBuffer>,
  at: number,
  array: TypedArrayConstructor,
): InstanceType<TypedArrayConstructor> {
  const [from, length] = readPair(data, at);
  if (length === 0) return new array(0);
  const bytes = array.BYTES_PER_ELEMENT;
  checkRange(data, from, length * bytes, bytes, "a list");
  return new array(data.buffer, from, length);
}

/**
 * A copy of a list of numbers.
 *
 * @throws {ContractBreach} if it lies outside
 */
export function copyNumbers(
  data: DataView<ArrayBuffer>,
  at: number,
  array: TypedArrayConstructor,
): InstanceType<TypedArrayConstructor> {
  return viewNumbers(data, at, array).slice();
}
