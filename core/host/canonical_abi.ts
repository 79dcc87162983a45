/**
 * Passes values to and from a component's core functions, as the canonical ABI lays down, driven by
 * the contract's WIT. Calls go straight to the core module; lists of numbers are typed arrays and
 * cost one copy.
 *
 * How values look in TypeScript: records are objects with camelCase keys; variants and results
 * `{ tag, value }`; enums their label; flags an array of labels; options the value or null; lists of
 * numbers the fitting typed array, other lists arrays; all numbers, 64-bit ones too, numbers (a seed
 * may also be a bigint).
 *
 * @module
 */
import type { PrimitiveName, WitFunction, WitType } from "../../wasm/wit/ast.ts";
import {
  type CoreType,
  discriminantBytes,
  type Layout,
  MAX_FLAT_PARAMETERS,
  MAX_FLAT_RESULTS,
} from "../../wasm/wit/layout.ts";
import { camelCase } from "../../wasm/sdk/generate/names.ts";
import { ContractBreach } from "./contract_breach.ts";

/** The memory and allocator of a component. */
export interface GuestMemory {
  readonly memory: WebAssembly.Memory;
  readonly realloc: (from: number, fromBytes: number, alignment: number, bytes: number) => number;
}

/** A core argument or result. */
export type CoreValue = number | bigint;

type Write = (guest: GuestMemory, at: number, value: unknown) => void;
type Read = (guest: GuestMemory, at: number) => unknown;

interface Codec {
  readonly write: Write;
  readonly read: Read;
}

/** Passes the parameters of a function and reads its result. */
export interface FunctionCodec {
  readonly lower: (guest: GuestMemory, values: readonly unknown[]) => CoreValue[];
  readonly lift: (guest: GuestMemory, result: CoreValue | undefined) => unknown;
}

const UTF8_ENCODER = new TextEncoder();
const UTF8_DECODER = new TextDecoder("utf-8", { fatal: true });

/** Makes the codecs of a contract's functions. */
export class CanonicalAbi {
  readonly #codecs = new Map<string, Codec>();

  constructor(private readonly layout: Layout) {}

  /** The codec of a function; a method's receiver is not among its values. */
  function(one: WitFunction): FunctionCodec {
    const flat = one.parameters.flatMap(({ type }) => this.layout.flatten(type));
    const own = one.kind === "method" ? 1 : 0;
    return {
      lower: flat.length + own > MAX_FLAT_PARAMETERS
        ? this.#lowerInMemory(one)
        : this.#lowerFlat(one),
      lift: this.#lift(one.result),
    };
  }

  #lowerInMemory({ parameters }: WitFunction): FunctionCodec["lower"] {
    const placed = this.layout.place(parameters);
    const tuple: WitType = { kind: "tuple", members: parameters.map(({ type }) => type) };
    const bytes = this.layout.size(tuple);
    const alignment = this.layout.alignment(tuple);
    const writes = placed.map(({ type }) => this.#codec(type).write);
    return (guest, values) => {
      const at = allocate(guest, alignment, bytes);
      placed.forEach(({ offset }, index) => writes[index]?.(guest, at + offset, values[index]));
      return [at];
    };
  }

  #lowerFlat({ parameters }: WitFunction): FunctionCodec["lower"] {
    const flatteners = parameters.map(({ type }) => this.#flattener(type));
    return (guest, values) => {
      const core: CoreValue[] = [];
      flatteners.forEach((flatten, index) => flatten(guest, values[index], core));
      return core;
    };
  }

  #lift(result: WitType | null): FunctionCodec["lift"] {
    if (result === null) return () => undefined;
    const flat = this.layout.flatten(result);
    const { read } = this.#codec(result);
    const bytes = this.layout.size(result);
    const alignment = this.layout.alignment(result);
    if (flat.length > MAX_FLAT_RESULTS) {
      return (guest, at) => {
        const address = Number(at) >>> 0;
        checkRange(guest, address, bytes, alignment, "the result");
        return read(guest, address);
      };
    }
    const resolved = this.layout.resolve(result);
    if (resolved.kind === "primitive") {
      const { name } = resolved;
      return (_, value) => fromCore(name, value ?? 0);
    }
    throw new RangeError(`Expected a result this host reads but found ${resolved.kind}`);
  }

  #flattener(type: WitType): (guest: GuestMemory, value: unknown, core: CoreValue[]) => void {
    const resolved = this.layout.resolve(type);
    switch (resolved.kind) {
      case "primitive": {
        const wide = resolved.name === "u64" || resolved.name === "s64";
        return (_, value, core) => core.push(wide ? BigInt(value as number) : Number(value));
      }
      case "record": {
        const fields = resolved.fields.map((field) => ({
          key: camelCase(field.name),
          flatten: this.#flattener(field.type),
        }));
        return (guest, value, core) => {
          for (const { key, flatten } of fields) flatten(guest, property(value, key), core);
        };
      }
      case "string":
      case "list": {
        const store = this.#listStore(type);
        return (guest, value, core) => core.push(...store(guest, value));
      }
      case "enum": {
        const labels = resolved.labels.map(({ name }) => name);
        return (_, value, core) => core.push(indexOf(labels, value));
      }
      case "flags": {
        const labels = resolved.labels.map(({ name }) => name);
        return (_, value, core) => core.push(flagBits(labels, value));
      }
      default:
        return this.#flattenVariant(type);
    }
  }

  #flattenVariant(type: WitType) {
    const names = this.layout.cases(type).map(({ name }) => name);
    const joined = this.layout.flatten(type).slice(1);
    const payloads = this.layout.cases(type).map((one) =>
      one.type === null ? null : {
        flatten: this.#flattener(one.type),
        flat: this.layout.flatten(one.type),
      }
    );
    const isOption = this.layout.resolve(type).kind === "option";
    return (guest: GuestMemory, value: unknown, core: CoreValue[]): void => {
      const index = isOption ? Number(value !== null) : indexOf(names, property(value, "tag"));
      const own: CoreValue[] = [];
      const payload = payloads[index];
      payload?.flatten(guest, isOption ? value : property(value, "value"), own);
      core.push(index);
      joined.forEach((wide, each) => core.push(widen(own[each] ?? 0, payload?.flat[each], wide)));
    };
  }

  #codec(type: WitType): Codec {
    const key = JSON.stringify(type);
    let codec = this.#codecs.get(key);
    if (codec === undefined) this.#codecs.set(key, codec = this.#makeCodec(type));
    return codec;
  }

  #makeCodec(type: WitType): Codec {
    const resolved = this.layout.resolve(type);
    switch (resolved.kind) {
      case "primitive":
        return primitiveCodec(resolved.name);
      case "string":
        return this.#stringCodec();
      case "list":
        return this.#listCodec(type, resolved.element);
      case "enum": {
        const labels = resolved.labels.map(({ name }) => name);
        return this.#numberCodec(
          type,
          (value) => indexOf(labels, value),
          (number) => labels[number] ?? breach(`label ${number} of ${resolved.name}`),
        );
      }
      case "flags": {
        const labels = resolved.labels.map(({ name }) => name);
        return this.#numberCodec(
          type,
          (value) => flagBits(labels, value),
          (bits) => labels.filter((_, bit) => (bits & (1 << bit)) !== 0),
        );
      }
      case "resource":
        return this.#numberCodec(type, Number, (handle) => handle);
      case "record":
      case "tuple":
        return this.#recordCodec(type);
      case "option":
      case "result":
      case "variant":
        return this.#variantCodec(type);
    }
  }

  #numberCodec(
    type: WitType,
    encode: (value: unknown) => number,
    decode: (number: number) => unknown,
  ): Codec {
    const { write, read } = primitiveCodec(unsignedOf(this.layout.size(type)));
    return {
      write: (guest, at, value) => write(guest, at, encode(value)),
      read: (guest, at) => decode(read(guest, at) as number),
    };
  }

  #recordCodec(type: WitType): Codec {
    const fields = this.layout.fields(type).map(({ name, type: own, offset }) => ({
      key: camelCase(name),
      offset,
      codec: this.#codec(own),
    }));
    return {
      write: (guest, at, value) => {
        for (const { key, offset, codec } of fields) {
          codec.write(guest, at + offset, property(value, key));
        }
      },
      read: (guest, at) => {
        const record: Record<string, unknown> = {};
        for (const { key, offset, codec } of fields) record[key] = codec.read(guest, at + offset);
        return record;
      },
    };
  }

  #variantCodec(type: WitType): Codec {
    const { kind } = this.layout.resolve(type);
    const cases = this.layout.cases(type);
    const names = cases.map(({ name }) => name);
    const payload = this.layout.payloadOffset(type);
    const tag = primitiveCodec(unsignedOf(discriminantBytes(cases.length)));
    const codecs = cases.map((one) => one.type === null ? null : this.#codec(one.type));
    const isOption = kind === "option";
    return {
      write: (guest, at, value) => {
        const index = isOption ? Number(value !== null) : indexOf(names, property(value, "tag"));
        tag.write(guest, at, index);
        codecs[index]?.write(guest, at + payload, isOption ? value : property(value, "value"));
      },
      read: (guest, at) => {
        const index = tag.read(guest, at) as number;
        const name = names[index] ?? breach(`case ${index} of ${names.join(", ")}`);
        const codec = codecs[index];
        if (isOption) return codec?.read(guest, at + payload) ?? null;
        return codec ? { tag: name, value: codec.read(guest, at + payload) } : { tag: name };
      },
    };
  }

  #stringCodec(): Codec {
    const store = this.#listStore({ kind: "string" });
    return {
      write: (guest, at, value) => writePair(guest, at, store(guest, value)),
      read: (guest, at) => {
        const [from, length] = readPair(guest, at);
        checkRange(guest, from, length, 1, "a string");
        try {
          return UTF8_DECODER.decode(new Uint8Array(guest.memory.buffer, from, length));
        } catch {
          return breach("a string that is not UTF-8");
        }
      },
    };
  }

  #listCodec(type: WitType, element: WitType): Codec {
    const store = this.#listStore(type);
    const write: Write = (guest, at, value) => writePair(guest, at, store(guest, value));
    const bytes = this.layout.size(element);
    const alignment = this.layout.alignment(element);
    const array = this.#typedArray(element);
    if (array !== null) {
      return {
        write,
        read: (guest, at) => {
          const [from, length] = readPair(guest, at);
          if (length === 0) return new array(0);
          checkRange(guest, from, length * bytes, alignment, "a list");
          return new array(guest.memory.buffer as ArrayBuffer, from, length).slice();
        },
      };
    }
    const codec = this.#codec(element);
    return {
      write,
      read: (guest, at) => {
        const [from, length] = readPair(guest, at);
        if (length === 0) return [];
        checkRange(guest, from, length * bytes, alignment, "a list");
        return Array.from({ length }, (_, index) => codec.read(guest, from + index * bytes));
      },
    };
  }

  /** Copies a string or list into the guest; gives its address and length. */
  #listStore(type: WitType): (guest: GuestMemory, value: unknown) => [number, number] {
    const resolved = this.layout.resolve(type);
    if (resolved.kind !== "list") {
      return (guest, value) => storeBytes(guest, UTF8_ENCODER.encode(String(value)), 1);
    }
    const { element } = resolved;
    const bytes = this.layout.size(element);
    const alignment = this.layout.alignment(element);
    const array = this.#typedArray(element);
    if (array !== null) {
      return (guest, value) => {
        const numbers = value instanceof array ? value : new array(value as number[]);
        const view = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
        return [storeBytes(guest, view, alignment)[0], numbers.length];
      };
    }
    const codec = this.#codec(element);
    return (guest, value) => {
      const values = value as readonly unknown[];
      if (values.length === 0) return [alignment, 0];
      const at = allocate(guest, alignment, values.length * bytes);
      values.forEach((one, index) => codec.write(guest, at + index * bytes, one));
      return [at, values.length];
    };
  }

  #typedArray(element: WitType): TypedArrayConstructor | null {
    const resolved = this.layout.resolve(element);
    return resolved.kind === "primitive" ? TYPED_ARRAYS[resolved.name] ?? null : null;
  }
}

type TypedArrayConstructor =
  | Uint8ArrayConstructor
  | Int8ArrayConstructor
  | Uint16ArrayConstructor
  | Int16ArrayConstructor
  | Uint32ArrayConstructor
  | Int32ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor;

const TYPED_ARRAYS: Partial<Record<PrimitiveName, TypedArrayConstructor>> = {
  u8: Uint8Array,
  s8: Int8Array,
  u16: Uint16Array,
  s16: Int16Array,
  u32: Uint32Array,
  s32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
};

function primitiveCodec(name: PrimitiveName): Codec {
  const view = ({ memory }: GuestMemory) => new DataView(memory.buffer);
  const make = (
    write: (data: DataView, at: number, value: number) => void,
    read: (data: DataView, at: number) => unknown,
  ): Codec => ({
    write: (guest, at, value) => write(view(guest), at, Number(value)),
    read: (guest, at) => read(view(guest), at),
  });
  switch (name) {
    case "bool":
      return make(
        (data, at, value) => data.setUint8(at, value),
        (data, at) => data.getUint8(at) !== 0,
      );
    case "u8":
      return make((data, at, value) => data.setUint8(at, value), (data, at) => data.getUint8(at));
    case "s8":
      return make((data, at, value) => data.setInt8(at, value), (data, at) => data.getInt8(at));
    case "u16":
      return make((d, at, value) => d.setUint16(at, value, true), (d, at) => d.getUint16(at, true));
    case "s16":
      return make((d, at, value) => d.setInt16(at, value, true), (d, at) => d.getInt16(at, true));
    case "u32":
    case "char":
      return make((d, at, value) => d.setUint32(at, value, true), (d, at) => d.getUint32(at, true));
    case "s32":
      return make((d, at, value) => d.setInt32(at, value, true), (d, at) => d.getInt32(at, true));
    case "f32":
      return make(
        (d, at, value) => d.setFloat32(at, value, true),
        (d, at) => d.getFloat32(at, true),
      );
    case "f64":
      return make(
        (d, at, value) => d.setFloat64(at, value, true),
        (d, at) => d.getFloat64(at, true),
      );
    case "u64":
    case "s64":
      return {
        write: (guest, at, value) =>
          view(guest).setBigUint64(at, BigInt.asUintN(64, BigInt(value as number | bigint)), true),
        read: (guest, at) =>
          fromCore(
            name,
            name === "u64" ? view(guest).getBigUint64(at, true) : view(guest).getBigInt64(at, true),
          ),
      };
  }
}

/** A core result as a value. */
function fromCore(name: PrimitiveName, value: CoreValue): unknown {
  switch (name) {
    case "bool":
      return Number(value) !== 0;
    case "u64":
    case "s64": {
      const exact = name === "u64" ? BigInt.asUintN(64, BigInt(value)) : BigInt(value);
      const number = Number(exact);
      return Number.isSafeInteger(number) ? number : breach(`the number ${exact}, above 2^53`);
    }
    case "u32":
      return Number(value) >>> 0;
    default:
      return Number(value);
  }
}

/** Puts a payload's core value where the variant's joined type is wider or of another kind. */
function widen(value: CoreValue, from: CoreType | undefined, to: CoreType): CoreValue {
  const bits = new DataView(new ArrayBuffer(8));
  if (from === undefined) return to === "i64" ? 0n : 0;
  if (from === to) return value;
  if (from === "f32") bits.setFloat32(0, Number(value), true);
  else if (from === "f64") bits.setFloat64(0, Number(value), true);
  else bits.setUint32(0, Number(value), true);
  return to === "i64" ? bits.getBigUint64(0, true) : bits.getUint32(0, true);
}

function unsignedOf(bytes: number): PrimitiveName {
  return bytes === 1 ? "u8" : bytes === 2 ? "u16" : "u32";
}

function property(value: unknown, key: string): unknown {
  return (value as Record<string, unknown>)[key];
}

function indexOf(labels: readonly string[], label: unknown): number {
  const index = labels.indexOf(label as string);
  if (index < 0) throw new RangeError(`Expected one of ${labels.join(", ")} but found ${label}`);
  return index;
}

function flagBits(labels: readonly string[], value: unknown): number {
  return (value as readonly string[]).reduce(
    (bits, label) => bits | (1 << indexOf(labels, label)),
    0,
  );
}

function allocate(guest: GuestMemory, alignment: number, bytes: number): number {
  const at = guest.realloc(0, 0, alignment, bytes) >>> 0;
  checkRange(guest, at, bytes, alignment, "memory for an argument");
  return at;
}

function storeBytes(guest: GuestMemory, bytes: Uint8Array, alignment: number): [number, number] {
  if (bytes.length === 0) return [alignment, 0];
  const at = allocate(guest, alignment, bytes.length);
  new Uint8Array(guest.memory.buffer, at, bytes.length).set(bytes);
  return [at, bytes.length];
}

function writePair(guest: GuestMemory, at: number, [first, second]: [number, number]): void {
  const data = new DataView(guest.memory.buffer);
  data.setUint32(at, first, true);
  data.setUint32(at + 4, second, true);
}

function readPair(guest: GuestMemory, at: number): [number, number] {
  const data = new DataView(guest.memory.buffer);
  return [data.getUint32(at, true), data.getUint32(at + 4, true)];
}

function checkRange(
  guest: GuestMemory,
  at: number,
  bytes: number,
  alignment: number,
  what: string,
): void {
  if (at % alignment !== 0) breach(`${what} at ${at}, which is no multiple of ${alignment}`);
  if (at + bytes > guest.memory.buffer.byteLength) {
    breach(`${what} of ${bytes} bytes at ${at}, beyond the end of memory`);
  }
}

function breach(found: string): never {
  throw new ContractBreach(`Expected a value the contract allows but found ${found}`);
}
