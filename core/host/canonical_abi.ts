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
 * A typed array that is read is either a copy or a view of the component's memory, which is good
 * until the component is next called.
 *
 * @module
 */
import type { PrimitiveName, WitFunction, WitType } from "../../wasm/wit/ast.ts";
import {
  discriminantBytes,
  type Layout,
  MAX_FLAT_PARAMETERS,
  MAX_FLAT_RESULTS,
} from "../../wasm/wit/layout.ts";
import { camelCase } from "../../wasm/sdk/generate/names.ts";
import {
  allocate,
  breach,
  checkRange,
  type GuestMemory,
  readPair,
  storeBytes,
  viewOf,
  writePair,
} from "./guest_memory.ts";
import {
  type Codec,
  type CoreValue,
  fromCore,
  primitiveCodec,
  TYPED_ARRAYS,
  type TypedArrayConstructor,
  widen,
  type Write,
} from "./primitive_codec.ts";

/** Passes the parameters of a function and reads its result. */
export interface FunctionCodec {
  readonly lower: (guest: GuestMemory, values: readonly unknown[]) => CoreValue[];
  readonly lift: (guest: GuestMemory, result: CoreValue | undefined) => unknown;
}

/** Whether what is read from a component is a copy of its own or lies in the component's memory. */
export type Answers = "copied" | "in-place";

const UTF8_ENCODER = new TextEncoder();
const UTF8_DECODER = new TextDecoder("utf-8", { fatal: true });

/** Makes the codecs of a contract's functions. */
export class CanonicalAbi {
  readonly #codecs = new Map<string, Codec>();

  /** @param answers whether lists of numbers that are read are copies or views */
  constructor(private readonly layout: Layout, private readonly answers: Answers = "copied") {}

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
        const data = viewOf(guest);
        checkRange(data, address, bytes, alignment, "the result");
        return read(data, address);
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
      read: (data, at) => decode(read(data, at) as number),
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
      read: (data, at) => {
        const record: Record<string, unknown> = {};
        for (const { key, offset, codec } of fields) record[key] = codec.read(data, at + offset);
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
      read: (data, at) => {
        const index = tag.read(data, at) as number;
        const name = names[index] ?? breach(`case ${index} of ${names.join(", ")}`);
        const codec = codecs[index];
        if (isOption) return codec?.read(data, at + payload) ?? null;
        return codec ? { tag: name, value: codec.read(data, at + payload) } : { tag: name };
      },
    };
  }

  #stringCodec(): Codec {
    const store = this.#listStore({ kind: "string" });
    return {
      write: (guest, at, value) => writePair(guest, at, store(guest, value)),
      read: (data, at) => {
        const [from, length] = readPair(data, at);
        checkRange(data, from, length, 1, "a string");
        try {
          return UTF8_DECODER.decode(new Uint8Array(data.buffer, from, length));
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
      const { answers } = this;
      return {
        write,
        read: (data, at) => {
          const [from, length] = readPair(data, at);
          if (length === 0) return new array(0);
          checkRange(data, from, length * bytes, alignment, "a list");
          const view = new array(data.buffer, from, length);
          return answers === "copied" ? view.slice() : view;
        },
      };
    }
    const codec = this.#codec(element);
    return {
      write,
      read: (data, at) => {
        const [from, length] = readPair(data, at);
        if (length === 0) return [];
        checkRange(data, from, length * bytes, alignment, "a list");
        return Array.from({ length }, (_, index) => codec.read(data, from + index * bytes));
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
