/**
 * Writes the C side of a contract: a header with its types and the functions an author writes, and
 * glue that exports them. C structures lie in memory exactly as the canonical ABI lays records and
 * variants out, so nothing is converted.
 *
 * @module
 */
import type { WitFunction, WitType, WitTypeDefinition } from "../../wit/ast.ts";
import { Layout, MAX_FLAT_PARAMETERS, MAX_FLAT_RESULTS } from "../../wit/layout.ts";
import { type Contract, coreExportName, destructorName, resourceModule } from "./exports.ts";
import { definedBeforeUse } from "./definition_order.ts";
import { docComment, snakeCase } from "./names.ts";

/** Sources for the C compiler. */
export interface CSources {
  /** Text of `kvpim.h`. */
  readonly header: string;
  /** The functions the component exports. */
  readonly glue: string;
}

/**
 * Writes the C sources for a contract.
 *
 * @throws {RangeError} if it uses what the generator does not write: tuples, results other than of
 * functions, variants passed as parameters of their own
 */
export function generateC(contract: Contract): CSources {
  const writer = new CWriter(contract);
  return { header: writer.header(), glue: writer.glue() };
}

const PRIMITIVES: Record<string, string> = {
  bool: "bool",
  u8: "uint8_t",
  u16: "uint16_t",
  u32: "uint32_t",
  u64: "uint64_t",
  s8: "int8_t",
  s16: "int16_t",
  s32: "int32_t",
  s64: "int64_t",
  f32: "float",
  f64: "double",
  char: "uint32_t",
};

const CORE_TYPES = { i32: "uint32_t", i64: "uint64_t", f32: "float", f64: "double" } as const;

class CWriter {
  readonly #layout: Layout;
  readonly #structures = new Set<string>();

  constructor(private readonly contract: Contract) {
    this.#layout = new Layout(contract.interface.types);
  }

  header(): string {
    const { interface: { types, functions }, qualifiedName, resource } = this.contract;
    const definitions = definedBeforeUse(types).map((type) => this.#definition(type));
    return [
      `// GENERATED from ${qualifiedName} by wasm/sdk/generate/c.ts. Do not edit.`,
      "#pragma once",
      `#include "kvpim_runtime.h"`,
      "",
      ...definitions,
      resource === null ? "" : `/** What a session keeps: the author says what is in it. */\n` +
        `typedef struct kvpim_${snakeCase(resource)} kvpim_${snakeCase(resource)};\n`,
      "// What the author writes. Inputs are the caller's and vanish when the function returns; lists",
      "// in results must stay as they are until the next call. Each returns whether it worked.",
      ...functions.flatMap((one) => [docComment(one.doc) + `${this.#prototype(one)};\n`]),
      resource === null
        ? ""
        : `/** Frees a session. */\nvoid kvpim_destroy(kvpim_${snakeCase(resource)} *self);\n`,
    ].join("\n");
  }

  glue(): string {
    const { contract } = this;
    const { resource } = contract;
    const handle = resource === null
      ? ""
      : `__attribute__((import_module("${
        resourceModule(contract)
      }"), import_name("[resource-new]${resource}")))
uint32_t kvpim_resource_new(void *self);
__attribute__((export_name("${destructorName(contract)}")))
void export_destroy(kvpim_${snakeCase(resource)} *self) { kvpim_destroy(self); }
`;
    return [
      `// GENERATED from ${contract.qualifiedName} by wasm/sdk/generate/c.ts. Do not edit.`,
      `#include "kvpim.h"`,
      `static _Alignas(8) uint8_t flat[${this.#largest((one) => this.#parameterBytes(one))}];`,
      `static _Alignas(8) uint8_t result[${this.#largest((one) => this.#resultBytes(one))}];`,
      handle,
      ...contract.interface.functions.map((one, index) => this.#export(one, index)),
    ].join("\n");
  }

  #largest(bytesOf: (one: WitFunction) => number): number {
    return Math.max(8, ...this.contract.interface.functions.map(bytesOf));
  }

  #parameterBytes({ parameters }: WitFunction): number {
    const last = this.#layout.place(parameters).at(-1);
    return last === undefined ? 0 : last.offset + this.#layout.size(last.type);
  }

  #resultBytes({ result }: WitFunction): number {
    return result === null ? 0 : this.#layout.size(result);
  }

  /** A type's name; lists get their structure written where they are first used. */
  #name(type: WitType): string {
    switch (type.kind) {
      case "primitive":
        return PRIMITIVES[type.name] ?? type.name;
      case "string":
        return "kvpim_string";
      case "list":
        return `kvpim_list_${this.#suffix(type.element)}`;
      case "option":
        return `kvpim_option_${this.#suffix(type.value)}`;
      case "named": {
        const { kind, ...resolved } = this.#layout.resolve(type);
        if (kind === "resource") return `kvpim_${snakeCase(type.name)} *`;
        return "name" in resolved && kind !== "primitive" ? `kvpim_${snakeCase(type.name)}` : this
          .#name(this.#layout.resolve(type) as WitType);
      }
      default:
        throw new RangeError(`Expected a type the C generator writes but found ${type.kind}`);
    }
  }

  #suffix(element: WitType): string {
    if (element.kind === "primitive") return element.name;
    return this.#name(element).replace("kvpim_", "");
  }

  /** Structures of the lists and options that types mention and that were not written before. */
  #structuresOf(types: readonly WitType[]): string {
    return types.flatMap((type) => {
      if (type.kind !== "list" && type.kind !== "option") return [];
      const name = this.#name(type);
      if (this.#structures.has(name)) return [];
      this.#structures.add(name);
      const held = type.kind === "list" ? type.element : type.value;
      const fields = type.kind === "list"
        ? `${this.#name(held)} *items; uint32_t length;`
        : `bool is_some; ${this.#name(held)} value;`;
      return [`${this.#structuresOf([held])}typedef struct { ${fields} } ${name};\n`];
    }).join("");
  }

  #definition(type: WitTypeDefinition): string {
    const name = `kvpim_${snakeCase(type.name)}`;
    const upper = name.toUpperCase();
    switch (type.kind) {
      case "record":
        return this.#structuresOf(type.fields.map((field) => field.type)) + docComment(type.doc) +
          `typedef struct {\n${
            type.fields.map((field) =>
              `${docComment(field.doc, "  ")}  ${this.#name(field.type)} ${
                snakeCase(field.name)
              };\n`
            ).join("")
          }} ${name};\n`;
      case "variant": {
        const payloads = type.cases.flatMap((one) => one.type ?? []);
        const members = type.cases.map((one) =>
          one.type === null
            ? ""
            : `${docComment(one.doc, "    ")}    ${this.#name(one.type)} ${snakeCase(one.name)};\n`
        ).join("");
        return this.#structuresOf(payloads) +
          `enum {\n${this.#constants(upper, type.cases, (index) => index)}};\n` +
          docComment(type.doc) +
          `typedef struct {\n  uint8_t tag;\n  union {\n${members}  } value;\n} ${name};\n`;
      }
      case "enum":
      case "flags":
        return `enum {\n${
          this.#constants(upper, type.labels, (index) => type.kind === "enum" ? index : 2 ** index)
        }};\n${docComment(type.doc)}typedef uint${
          this.#layout.size({ kind: "named", name: type.name }) * 8
        }_t ${name};\n`;
      case "alias":
        return `${docComment(type.doc)}typedef ${this.#name(type.type)} ${name};\n`;
      case "resource":
        return "";
    }
  }

  #constants(
    prefix: string,
    labels: readonly { readonly name: string; readonly doc: string }[],
    value: (index: number) => number,
  ): string {
    return labels.map(({ name, doc }, index) =>
      `${docComment(doc, "  ")}  ${prefix}_${snakeCase(name).toUpperCase()} = ${value(index)},\n`
    ).join("");
  }

  #prototype(one: WitFunction): string {
    const result = this.#resultOf(one);
    const parameters = [
      ...(one.kind === "method" ? [`kvpim_${snakeCase(one.resource ?? "")} *self`] : []),
      ...one.parameters.map(({ name, type }) => `const ${this.#name(type)} *${snakeCase(name)}`),
      ...(result.ok === null ? [] : [`${this.#name(result.ok)} *result`]),
      ...(result.error === null ? [] : [`${this.#name(result.error)} *error`]),
    ];
    const structures = this.#structuresOf(one.parameters.map(({ type }) => type)) +
      this.#structuresOf(result.ok === null ? [] : [result.ok]);
    return `${structures}bool kvpim_${snakeCase(one.name)}(${parameters.join(", ") || "void"})`;
  }

  #resultOf({ result }: WitFunction): { ok: WitType | null; error: WitType | null } {
    if (result === null) return { ok: null, error: null };
    return result.kind === "result" ? result : { ok: result, error: null };
  }

  #export(one: WitFunction, index: number): string {
    const flats = one.parameters.flatMap(({ type }) => this.#layout.flatten(type));
    const own = one.kind === "method" ? 1 : 0;
    const inMemory = flats.length + own > MAX_FLAT_PARAMETERS;
    const signature = [
      ...(own === 1 ? [`kvpim_${snakeCase(one.resource ?? "")} *self`] : []),
      ...(inMemory
        ? ["uint8_t *in"]
        : flats.map((core, position) => `${CORE_TYPES[core]} p${position}`)),
    ];
    const placed = this.#layout.place(one.parameters);
    const stores: string[] = inMemory || flats.length === 0 ? [] : ["uint8_t *in = flat;"];
    let position = 0;
    for (const { type, offset } of inMemory ? [] : placed) {
      const width = this.#layout.flatten(type).length;
      const names = Array.from({ length: width }, (_, each) => `p${position + each}`);
      stores.push(...this.#storeFlat(type, offset, names));
      position += width;
    }
    const values = placed.map(({ type, offset }) =>
      `(const ${this.#name(type)} *)(in + ${offset})`
    );
    const body = [...stores, ...this.#callAndReturn(one, own === 1 ? ["self", ...values] : values)];
    return `__attribute__((export_name("${coreExportName(this.contract, one)}")))
uint8_t *export_${index}(${signature.join(", ") || "void"}) {\n  ${body.join("\n  ")}\n}\n`;
  }

  #callAndReturn(one: WitFunction, values: readonly string[]): string[] {
    const { result } = one;
    const { ok, error } = this.#resultOf(one);
    if (result === null || this.#layout.flatten(result).length <= MAX_FLAT_RESULTS) {
      throw new RangeError(`Expected ${one.name} to return its result in memory`);
    }
    const isResult = result.kind === "result";
    const payload = isResult ? this.#layout.payloadOffset(result) : 0;
    const isOwn = ok !== null && this.#layout.resolve(ok).kind === "resource";
    const arguments_ = [
      ...values,
      ...(ok === null ? [] : isOwn ? ["&made"] : [`(${this.#name(ok)} *)(result + ${payload})`]),
      ...(error === null ? [] : ["&error"]),
    ];
    return [
      "kvpim_set(result, 0, sizeof result);",
      ...(isOwn && ok !== null ? [`${this.#name(ok)}made = 0;`] : []),
      ...(error === null ? [] : [
        `static ${this.#name(error)} error;`,
        "kvpim_set(&error, 0, sizeof error);",
      ]),
      `bool worked = kvpim_${snakeCase(one.name)}(${arguments_.join(", ")});`,
      ...(isResult ? ["result[0] = !worked;"] : ["if (!worked) __builtin_trap();"]),
      ...(isOwn
        ? [`if (worked) *(uint32_t *)(result + ${payload}) = kvpim_resource_new(made);`]
        : []),
      ...(error === null
        ? []
        : [`if (!worked) kvpim_copy(result + ${payload}, &error, sizeof error);`]),
      "kvpim_release_inputs();",
      "return result;",
    ];
  }

  #storeFlat(type: WitType, offset: number, names: readonly string[]): string[] {
    const resolved = this.#layout.resolve(type);
    switch (resolved.kind) {
      case "primitive":
      case "enum":
      case "flags":
        return [`*(${this.#name(type)} *)(in + ${offset}) = ${names[0]};`];
      case "string":
      case "list":
        return names.map((name, each) => `*(uint32_t *)(in + ${offset + 4 * each}) = ${name};`);
      case "record": {
        let position = 0;
        return this.#layout.fields(type).flatMap((field) => {
          const width = this.#layout.flatten(field.type).length;
          position += width;
          const own = names.slice(position - width, position);
          return this.#storeFlat(field.type, offset + field.offset, own);
        });
      }
      default:
        throw new RangeError(
          `Expected a parameter the C generator passes but found ${resolved.kind}`,
        );
    }
  }
}
