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
import type { WitFunction, WitType } from "../../wasm/wit/ast.ts";
import { type Layout, MAX_FLAT_PARAMETERS, MAX_FLAT_RESULTS } from "../../wasm/wit/layout.ts";
import { camelCase } from "../../wasm/sdk/generate/names.ts";
import { type Call, compileCall, type ListStore } from "./compile_call.ts";
import { type Answers, compileReader } from "./compile_reader.ts";
import { type CoreValue, fromCore } from "./core_values.ts";
import {
  allocate,
  checkRange,
  type GuestMemory,
  storeBytes,
  viewOf,
  writePair,
} from "./guest_memory.ts";
import { typedArrayOf } from "./typed_arrays.ts";
import { type Write, writePrimitive } from "./write_primitive.ts";
import { flagBits, indexOf, storeNumbers } from "./write_values.ts";

/** Passes the parameters of a function and reads its result. */
export interface FunctionCodec {
  readonly call: Call;
  readonly lift: (guest: GuestMemory, result: CoreValue | undefined) => unknown;
}

const UTF8_ENCODER = new TextEncoder();

/** Makes the codecs of a contract's functions. */
export class CanonicalAbi {
  readonly #writes = new Map<string, Write>();

  /** @param answers whether lists of numbers that are read are copies or views */
  constructor(private readonly layout: Layout, private readonly answers: Answers = "copied") {}

  /** The codec of a function; a method's receiver is not among its values. */
  function(one: WitFunction): FunctionCodec {
    const flat = one.parameters.flatMap(({ type }) => this.layout.flatten(type));
    const own = one.kind === "method" ? 1 : 0;
    return {
      call: flat.length + own > MAX_FLAT_PARAMETERS
        ? this.#callInMemory(one)
        : compileCall(this.layout, one, (type) => this.#listStore(type)),
      lift: this.#lift(one.result),
    };
  }

  #callInMemory({ kind, parameters }: WitFunction): Call {
    const placed = this.layout.place(parameters);
    const tuple: WitType = { kind: "tuple", members: parameters.map(({ type }) => type) };
    const bytes = this.layout.size(tuple);
    const alignment = this.layout.alignment(tuple);
    const writes = placed.map(({ type }) => this.#write(type));
    return (guest, core, self, values) => {
      const at = allocate(guest, alignment, bytes);
      placed.forEach(({ offset }, index) => writes[index]?.(guest, at + offset, values[index]));
      return kind === "method" ? core(self!, at) : core(at);
    };
  }

  #lift(result: WitType | null): FunctionCodec["lift"] {
    if (result === null) return () => undefined;
    const flat = this.layout.flatten(result);
    const bytes = this.layout.size(result);
    const alignment = this.layout.alignment(result);
    if (flat.length > MAX_FLAT_RESULTS) {
      const read = compileReader(this.layout, result, this.answers);
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

  #write(type: WitType): Write {
    const key = JSON.stringify(type);
    let write = this.#writes.get(key);
    if (write === undefined) this.#writes.set(key, write = this.#makeWrite(type));
    return write;
  }

  #makeWrite(type: WitType): Write {
    const resolved = this.layout.resolve(type);
    switch (resolved.kind) {
      case "primitive":
        return writePrimitive(resolved.name);
      case "resource":
        return writePrimitive("u32");
      case "string":
      case "list": {
        const store = this.#listStore(type);
        return (guest, at, value) => writePair(guest, at, store(guest, value));
      }
      case "enum":
      case "flags": {
        const labels = resolved.labels.map(({ name }) => name);
        const write = writePrimitive(this.layout.discriminant(type));
        const encode = resolved.kind === "enum" ? indexOf : flagBits;
        return (guest, at, value) => write(guest, at, encode(labels, value));
      }
      case "record":
      case "tuple":
        return this.#writeFields(type);
      default:
        return this.#writeCase(type);
    }
  }

  #writeFields(type: WitType): Write {
    const fields = this.layout.fields(type).map(({ name, type: own, offset }) => ({
      key: camelCase(name),
      offset,
      write: this.#write(own),
    }));
    return (guest, at, value) => {
      for (const { key, offset, write } of fields) write(guest, at + offset, property(value, key));
    };
  }

  #writeCase(type: WitType): Write {
    const cases = this.layout.cases(type);
    const names = cases.map(({ name }) => name);
    const payload = this.layout.payloadOffset(type);
    const writeIndex = writePrimitive(this.layout.discriminant(type));
    const writes = cases.map((one) => one.type === null ? null : this.#write(one.type));
    const isOption = this.layout.resolve(type).kind === "option";
    return (guest, at, value) => {
      const index = isOption ? Number(value !== null) : indexOf(names, property(value, "tag"));
      writeIndex(guest, at, index);
      writes[index]?.(guest, at + payload, isOption ? value : property(value, "value"));
    };
  }

  /** What copies a string or list into the guest. */
  #listStore(type: WitType): ListStore {
    const resolved = this.layout.resolve(type);
    if (resolved.kind !== "list") {
      return (guest, value) => storeBytes(guest, UTF8_ENCODER.encode(String(value)));
    }
    const { element } = resolved;
    const array = typedArrayOf(this.layout.resolve(element));
    if (array !== null) {
      return (guest, value) => [
        storeNumbers(guest, value, array),
        (value as ArrayLike<number>).length,
      ];
    }
    const bytes = this.layout.size(element);
    const alignment = this.layout.alignment(element);
    const write = this.#write(element);
    return (guest, value) => {
      const values = value as readonly unknown[];
      if (values.length === 0) return [alignment, 0];
      const at = allocate(guest, alignment, values.length * bytes);
      values.forEach((one, index) => write(guest, at + index * bytes, one));
      return [at, values.length];
    };
  }
}

function property(value: unknown, key: string): unknown {
  return (value as Record<string, unknown>)[key];
}
