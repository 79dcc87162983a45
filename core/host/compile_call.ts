import { camelCase } from "../../wasm/sdk/generate/names.ts";
import type { PrimitiveName, WitFunction, WitType } from "../../wasm/wit/ast.ts";
import type { Layout } from "../../wasm/wit/layout.ts";
import { type CoreValue, widen } from "./core_values.ts";
import type { GuestMemory } from "./guest_memory.ts";
import { typedArrayOf } from "./typed_arrays.ts";
import { flagBits, indexOf, storeNumbers } from "./write_values.ts";

/** A function a core module exports. */
export type CoreFunction = (...values: CoreValue[]) => CoreValue | undefined;

/** Calls a core function with values; a method gets its receiver, which else is not looked at. */
export type Call = (
  guest: GuestMemory,
  core: CoreFunction,
  self: number | undefined,
  values: readonly unknown[],
) => CoreValue | undefined;

/** Copies a string or list into the guest; gives its address and length. */
export type ListStore = (guest: GuestMemory, value: unknown) => [number, number];

/**
 * Makes what passes a function's values as core values, as JavaScript of its own for the reason that
 * {@linkcode compileReader} has.
 *
 * @param storeOf what stores strings and lists of anything but numbers
 */
export function compileCall(
  layout: Layout,
  one: WitFunction,
  storeOf: (type: WitType) => ListStore,
): Call {
  const helpers = { flagBits, indexOf, storeNumbers, widen };
  const source = new CallSource(layout, storeOf);
  const passed = one.parameters.flatMap(({ type }, i) => source.pass(type, `values[${i}]`));
  if (one.kind === "method") passed.unshift("self");
  const compile = new Function(
    "helpers",
    "stores",
    `"use strict";
    const { ${Object.keys(helpers).join(", ")} } = helpers;
    const names = ${JSON.stringify(source.names)};
    return (guest, core, self, values) => {
      ${source.statements.join("\n")}
      return core(${passed.join(", ")});
    };`,
  );
  return compile(helpers, source.stores);
}

/** Writes expressions for core values, and the statements that must run before. */
class CallSource {
  readonly statements: string[] = [];
  /** Lists of labels, which expressions take from `names`. */
  readonly names: (readonly string[])[] = [];
  readonly stores: ListStore[] = [];
  #variables = 0;

  constructor(
    private readonly layout: Layout,
    private readonly storeOf: (type: WitType) => ListStore,
  ) {}

  /** The core values of a value. */
  pass(type: WitType, value: string): string[] {
    const resolved = this.layout.resolve(type);
    switch (resolved.kind) {
      case "primitive":
        return [isWide(resolved.name) ? `BigInt(${value})` : `Number(${value})`];
      case "resource":
        return [`Number(${value})`];
      case "string":
      case "list":
        return this.#passList(type, value);
      case "enum":
      case "flags": {
        const encode = resolved.kind === "enum" ? "indexOf" : "flagBits";
        return [`${encode}(${this.#labels(resolved.labels)}, ${value})`];
      }
      case "record":
      case "tuple": {
        const record = this.#variable(value);
        return this.layout.fields(type).flatMap((field) =>
          this.pass(field.type, `${record}[${JSON.stringify(camelCase(field.name))}]`)
        );
      }
      default:
        return this.#passCase(type, value);
    }
  }

  #passList(type: WitType, value: string): string[] {
    const resolved = this.layout.resolve(type);
    const array = resolved.kind === "list"
      ? typedArrayOf(this.layout.resolve(resolved.element))
      : null;
    if (array !== null) {
      const list = this.#variable(value);
      return [this.#variable(`storeNumbers(guest, ${list}, ${array.name})`), `${list}.length`];
    }
    const store = this.stores.push(this.storeOf(type)) - 1;
    const pair = this.#variable(`stores[${store}](guest, ${value})`);
    return [`${pair}[0]`, `${pair}[1]`];
  }

  #passCase(type: WitType, value: string): string[] {
    const { layout } = this;
    const cases = layout.cases(type);
    const isOption = layout.resolve(type).kind === "option";
    const one = this.#variable(
      isOption ? `Number(${value} !== null)` : `indexOf(${this.#labels(cases)}, ${value}.tag)`,
    );
    const joined = layout.flatten(type).slice(1);
    const places = joined.map((core) => this.#variable(core === "i64" ? "0n" : "0", "let"));
    cases.forEach(({ type: payload }, index) => {
      if (payload === null) return;
      const flat = layout.flatten(payload);
      this.statements.push(`if (${one} === ${index}) {`);
      this.pass(payload, isOption ? value : `${value}.value`).forEach((core, each) => {
        const types = `${JSON.stringify(flat[each])}, ${JSON.stringify(joined[each])}`;
        this.statements.push(`${places[each]} = widen(${core}, ${types});`);
      });
      this.statements.push("}");
    });
    return [one, ...places];
  }

  #labels(labels: readonly { readonly name: string }[]): string {
    return `names[${this.names.push(labels.map(({ name }) => name)) - 1}]`;
  }

  /** Writes a statement that gives a value a name. */
  #variable(value: string, kind: "const" | "let" = "const"): string {
    const name = `v${this.#variables++}`;
    this.statements.push(`${kind} ${name} = ${value};`);
    return name;
  }
}

function isWide(name: PrimitiveName): boolean {
  return name === "u64" || name === "s64";
}
