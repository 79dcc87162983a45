import { ContractBreach } from "./contract_breach.ts";

/** The memory and allocator of a component. */
export interface GuestMemory {
  readonly memory: WebAssembly.Memory;
  readonly realloc: (from: number, fromBytes: number, alignment: number, bytes: number) => number;
  /** Kept by {@linkcode viewOf}. */
  view?: DataView<ArrayBuffer>;
}

/** The memory as it is now. Its buffer is another one after it has grown. */
export function viewOf(guest: GuestMemory): DataView<ArrayBuffer> {
  // Never shared: shared memories are not admitted.
  const buffer = guest.memory.buffer as ArrayBuffer;
  if (guest.view?.buffer === buffer) return guest.view;
  return guest.view = new DataView(buffer);
}

/** Memory for an argument, from the guest's allocator. */
export function allocate(guest: GuestMemory, alignment: number, bytes: number): number {
  const at = guest.realloc(0, 0, alignment, bytes) >>> 0;
  checkRange(viewOf(guest), at, bytes, alignment, "memory for an argument");
  return at;
}

/** Copies bytes, which may stand anywhere, into the guest; gives their address and number. */
export function storeBytes(guest: GuestMemory, bytes: Uint8Array): [number, number] {
  if (bytes.length === 0) return [1, 0];
  const at = allocate(guest, 1, bytes.length);
  new Uint8Array(guest.memory.buffer, at, bytes.length).set(bytes);
  return [at, bytes.length];
}

/** Writes an address and a length. */
export function writePair(guest: GuestMemory, at: number, [first, second]: [number, number]): void {
  const data = viewOf(guest);
  data.setUint32(at, first, true);
  data.setUint32(at + 4, second, true);
}

/** Reads an address and a length. */
export function readPair(data: DataView, at: number): [number, number] {
  return [data.getUint32(at, true), data.getUint32(at + 4, true)];
}

/**
 * @throws {ContractBreach} unless a range lies in memory and is aligned
 */
export function checkRange(
  data: DataView,
  at: number,
  bytes: number,
  alignment: number,
  what: string,
): void {
  if (at % alignment !== 0) breach(`${what} at ${at}, which is no multiple of ${alignment}`);
  if (at + bytes > data.byteLength) {
    breach(`${what} of ${bytes} bytes at ${at}, beyond the end of memory`);
  }
}

/** @throws {ContractBreach} that says what was found */
export function breach(found: string): never {
  throw new ContractBreach(`Expected a value the contract allows but found ${found}`);
}
