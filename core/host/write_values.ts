/**
 * What is called to pass a value that takes more than one store.
 *
 * @module
 */
import { allocate, type GuestMemory } from "./guest_memory.ts";
import type { TypedArrayConstructor } from "./typed_arrays.ts";

/**
 * Copies numbers into the guest.
 *
 * @returns their address
 */
export function storeNumbers(
  guest: GuestMemory,
  value: unknown,
  array: TypedArrayConstructor,
): number {
  const numbers = value instanceof array ? value : new array(value as number[]);
  const bytes = array.BYTES_PER_ELEMENT;
  if (numbers.length === 0) return bytes;
  const at = allocate(guest, bytes, numbers.byteLength);
  new array(guest.memory.buffer as ArrayBuffer, at, numbers.length).set(numbers);
  return at;
}

/** @throws {RangeError} if it is none of them */
export function indexOf(labels: readonly string[], label: unknown): number {
  const index = labels.indexOf(label as string);
  if (index < 0) throw new RangeError(`Expected one of ${labels.join(", ")} but found ${label}`);
  return index;
}

/**
 * A bit for each label, the first one's lowest.
 *
 * @throws {RangeError} if one is none of them
 */
export function flagBits(labels: readonly string[], value: unknown): number {
  return (value as readonly string[]).reduce(
    (bits, label) => bits | (1 << indexOf(labels, label)),
    0,
  );
}
