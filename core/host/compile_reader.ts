import { camelCase } from "../../wasm/sdk/generate/names.ts";
import type { PrimitiveName, WitType } from "../../wasm/wit/ast.ts";
import type { Layout } from "../../wasm/wit/layout.ts";
import { breach } from "./guest_memory.ts";
import { copyNumbers, flags, label, list, s64, string, u64, viewNumbers } from "./read_values.ts";
import { typedArrayOf } from "./typed_arrays.ts";

/** Reads the value at an address of a component's memory. No code of the component runs meanwhile. */
type Read = (data: DataView<ArrayBuffer>, at: number) => unknown;

/** Whether what is read from a component is a copy of its own or lies in the component's memory. */
export type Answers = "copied" | "in-place";

/**
 * Makes the reader of a type, as JavaScript of its own rather than of a closure for each part: an
 * answer is read once a call, by when the plugin's work has driven the reader from the processor's
 * caches, and one piece of code comes back sooner than fifty that lie apart.
 *
 * The source holds names of the contract and numbers that follow from it; nothing of a plugin's.
 */
export function compileReader(layout: Layout, type: WitType, answers: Answers): Read {
  const numbers = answers === "copied" ? copyNumbers : viewNumbers;
  const helpers = { breach, flags, label, list, numbers, s64, string, u64 };
  const source = new ReaderSource(layout);
  const value = source.read(type, 0);
  const compile = new Function(
    "helpers",
    `"use strict";
    const { ${Object.keys(helpers).join(", ")} } = helpers;
    const names = ${JSON.stringify(source.names)};
    return (data, at) => (${value});`,
  );
  return compile(helpers);
}

/** Writes expressions that read from the view `data`, counting from the address `at`. */
class ReaderSource {
  /** Lists of labels, which expressions take from `names`. */
  readonly names: (readonly string[])[] = [];

  constructor(private readonly layout: Layout) {}

  /** What reads a value that lies so many bytes behind `at`. */
  read(type: WitType, offset: number): string {
    const resolved = this.layout.resolve(type);
    switch (resolved.kind) {
      case "primitive":
        return readPrimitive(resolved.name, offset);
      case "resource":
        return readPrimitive("u32", offset);
      case "string":
        return `string(data, at + ${offset})`;
      case "list":
        return this.#readList(resolved.element, offset);
      case "enum":
      case "flags": {
        const index = this.names.push(resolved.labels.map(({ name }) => name)) - 1;
        const found = readPrimitive(this.layout.discriminant(type), offset);
        const helper = resolved.kind === "enum" ? "label" : "flags";
        return `${helper}(${found}, names[${index}])`;
      }
      case "record":
      case "tuple":
        return this.#readFields(type, offset);
      default:
        return this.#readCases(type, offset);
    }
  }

  #readList(element: WitType, offset: number): string {
    const array = typedArrayOf(this.layout.resolve(element));
    if (array !== null) return `numbers(data, at + ${offset}, ${array.name})`;
    const [bytes, alignment] = [this.layout.size(element), this.layout.alignment(element)];
    const read = `(at) => (${this.read(element, 0)})`;
    return `list(data, at + ${offset}, ${bytes}, ${alignment}, ${read})`;
  }

  #readFields(type: WitType, offset: number): string {
    const fields = this.layout.fields(type).map((field) => {
      const key = JSON.stringify(camelCase(field.name));
      return `${key}: ${this.read(field.type, offset + field.offset)}`;
    });
    return `{ ${fields.join(", ")} }`;
  }

  #readCases(type: WitType, offset: number): string {
    const cases = this.layout.cases(type);
    const isOption = this.layout.resolve(type).kind === "option";
    const found = readPrimitive(this.layout.discriminant(type), offset);
    const payload = offset + this.layout.payloadOffset(type);
    const branches = cases.map(({ name, type: own }, index) => {
      const value = own && this.read(own, payload);
      const tagged = `{ tag: ${JSON.stringify(name)}${value ? `, value: ${value}` : ""} }`;
      return `${found} === ${index} ? ${isOption ? value : tagged} : `;
    });
    const names = JSON.stringify(cases.map(({ name }) => name).join(", "));
    return `(${branches.join("")}breach("case " + ${found} + " of " + ${names}))`;
  }
}

function readPrimitive(name: PrimitiveName, offset: number): string {
  const at = `at + ${offset}`;
  switch (name) {
    case "bool":
      return `data.getUint8(${at}) !== 0`;
    case "u8":
      return `data.getUint8(${at})`;
    case "s8":
      return `data.getInt8(${at})`;
    case "u16":
      return `data.getUint16(${at}, true)`;
    case "s16":
      return `data.getInt16(${at}, true)`;
    case "u32":
    case "char":
      return `data.getUint32(${at}, true)`;
    case "s32":
      return `data.getInt32(${at}, true)`;
    case "f32":
      return `data.getFloat32(${at}, true)`;
    case "f64":
      return `data.getFloat64(${at}, true)`;
    case "u64":
    case "s64":
      return `${name}(data, ${at})`;
  }
}
