import type { PrimitiveName, WitType } from "../../wit/ast.ts";
import type { CoreType, Layout } from "../../wit/layout.ts";
import type { AssemblyScriptTypes, Direction } from "./assemblyscript_types.ts";
import { camelCase, pascalCase, snakeCase } from "./names.ts";

const STORAGE: Record<PrimitiveName, string> = {
  bool: "u8",
  u8: "u8",
  u16: "u16",
  u32: "u32",
  u64: "u64",
  s8: "i8",
  s16: "i16",
  s32: "i32",
  s64: "i64",
  f32: "f32",
  f64: "f64",
  char: "u32",
};

/**
 * Writes the helpers that read and write values in linear memory, one for each type that is
 * used, on demand.
 */
export class AssemblyScriptMemory {
  readonly #layout: Layout;
  readonly #helpers = new Map<string, string>();

  constructor(private readonly types: AssemblyScriptTypes) {
    this.#layout = types.layout;
  }

  /** Bytes of the largest result. */
  returnBytes(): number {
    return Math.max(
      8,
      ...this.types.contract.interface.functions.map(({ result }) =>
        result === null ? 0 : this.#layout.size(result)
      ),
    );
  }

  /** Bytes of the largest parameter list. */
  parameterBytes(): number {
    return Math.max(
      8,
      ...this.types.contract.interface.functions.map(({ parameters }) => {
        const last = this.#layout.place(parameters).at(-1);
        return last === undefined ? 0 : last.offset + this.#layout.size(last.type);
      }),
    );
  }

  /** Every helper that was asked for. */
  helpers(): string {
    return [...this.#helpers.values()].join("\n");
  }

  /** An expression that reads a value at an address, and releases what it was passed in. */
  loadExpression(type: WitType, at: string): string {
    const resolved = this.#layout.resolve(type);
    switch (resolved.kind) {
      case "primitive":
        return resolved.name === "bool"
          ? `(load<u8>(${at}) != 0)`
          : `load<${STORAGE[resolved.name]}>(${at})`;
      case "enum":
      case "flags":
        return `<${this.#name(type, "in")}>load<${this.#layout.discriminant(type)}>(${at})`;
      case "string":
        return `loadString(${at})`;
      case "list":
        return this.#layout.resolve(resolved.element).kind === "primitive"
          ? `takeInput<${this.#name(resolved.element, "in")}>(${at})`
          : `${this.#loadList(resolved.element)}(${at})`;
      default:
        return `${this.#load(type)}(${at})`;
    }
  }

  /** A statement that writes a value at an address, without its semicolon. */
  storeStatement(type: WitType, at: string, value: string): string {
    const resolved = this.#layout.resolve(type);
    switch (resolved.kind) {
      case "primitive":
        return `store<${STORAGE[resolved.name]}>(${at}, ${value})`;
      case "enum":
      case "flags":
        return `store<${this.#layout.discriminant(type)}>(${at}, <${
          this.#layout.discriminant(type)
        }>(${value}))`;
      case "string":
        return `storeString(${at}, ${value})`;
      case "resource":
        return `store_handle(${at}, ${value})`;
      case "list":
        return `${this.#storeList(resolved.element)}(${at}, ${value})`;
      default:
        return `${this.#store(type)}(${at}, ${value})`;
    }
  }

  /** Statements that write the core values a parameter is passed as to where it would lie. */
  storeFlat(type: WitType, offset: number, names: readonly string[]): string[] {
    const resolved = this.#layout.resolve(type);
    const [first, second] = names;
    switch (resolved.kind) {
      case "primitive":
        return [`store<${STORAGE[resolved.name]}>(at, ${first}, ${offset});`];
      case "enum":
      case "flags":
        return [`store<${this.#layout.discriminant(type)}>(at, ${first}, ${offset});`];
      case "string":
      case "list":
        return [
          `store<i32>(at, ${first}, ${offset});`,
          `store<i32>(at, ${second}, ${offset + 4});`,
        ];
      case "record": {
        let position = 0;
        return this.#layout.fields(type).flatMap((field) => {
          const width = this.#layout.flatten(field.type).length;
          position += width;
          return this.storeFlat(
            field.type,
            offset + field.offset,
            names.slice(position - width, position),
          );
        });
      }
      case "variant":
      case "option":
      case "result":
        return this.#storeFlatVariant(type, offset, names);
      default:
        throw new RangeError(
          `Expected a parameter type that can be passed but found ${resolved.kind}`,
        );
    }
  }

  #storeFlatVariant(type: WitType, offset: number, names: readonly string[]): string[] {
    const cases = this.#layout.cases(type);
    const [, ...joined] = this.#layout.flatten(type);
    const payload = offset + this.#layout.payloadOffset(type);
    const lines = [`store<${this.#layout.discriminant(type)}>(at, ${names[0]}, ${offset});`];
    cases.forEach((one, index) => {
      if (one.type === null) return;
      const values = this.#layout.flatten(one.type).map((core, each) =>
        coerce(joined[each] ?? core, core, names[each + 1] ?? "")
      );
      const body = this.storeFlat(one.type, payload, values).join(" ");
      lines.push(`if (${names[0]} == ${index}) { ${body} }`);
    });
    return lines;
  }

  #load(type: WitType): string {
    return this.#helper(`load_${this.#identifier(type)}`, (helper) => {
      const name = this.#name(type, "in");
      const lines = this.#layout.resolve(type).kind === "record"
        ? [
          `const value = new ${name}();`,
          ...this.#layout.fields(type).map((field) =>
            `value.${camelCase(field.name)} = ${
              this.loadExpression(field.type, `at + ${field.offset}`)
            };`
          ),
          "return value;",
        ]
        : this.#loadCases(type, name);
      return `function ${helper}(at: usize): ${name} {\n  ${lines.join("\n  ")}\n}\n`;
    });
  }

  #loadCases(type: WitType, name: string): string[] {
    const cases = this.#layout.cases(type);
    const payload = `at + ${this.#layout.payloadOffset(type)}`;
    const maker = this.#caseMaker(type, name);
    const tag = `load<${this.#layout.discriminant(type)}>(at)`;
    return cases.map((one, index) => {
      const made = maker(one.name, one.type === null ? "" : this.loadExpression(one.type, payload));
      return index < cases.length - 1
        ? `if (${tag} == ${index}) return ${made};`
        : `return ${made};`;
    });
  }

  #caseMaker(type: WitType, name: string): (one: string, value: string) => string {
    const resolved = this.#layout.resolve(type);
    if (resolved.kind === "result") {
      throw new RangeError("Expected results only as results but found one as a parameter");
    }
    if (resolved.kind === "option") {
      const held = this.#name(resolved.value, "in");
      return (one, value) => `Option.${one}<${held}>(${value})`;
    }
    return (one, value) => `${name}.${camelCase(one)}(${value})`;
  }

  #store(type: WitType): string {
    return this.#helper(`store_${this.#identifier(type)}`, (helper) => {
      const name = this.#name(type, "out");
      const lines = this.#layout.resolve(type).kind === "record"
        ? this.#layout.fields(type).map((field) =>
          `${
            this.storeStatement(
              field.type,
              `at + ${field.offset}`,
              `value.${camelCase(field.name)}`,
            )
          };`
        )
        : this.#storeCases(type, name);
      return `function ${helper}(at: usize, value: ${name}): void {\n  ${lines.join("\n  ")}\n}\n`;
    });
  }

  #storeCases(type: WitType, name: string): string[] {
    const cases = this.#layout.cases(type);
    const payload = `at + ${this.#layout.payloadOffset(type)}`;
    const storage = this.#layout.discriminant(type);
    const { kind } = this.#layout.resolve(type);
    const tag = kind === "variant"
      ? "value.tag"
      : kind === "option"
      ? "value.isSome"
      : "value.isError";
    return [
      `store<${storage}>(at, <${storage}>${tag});`,
      ...cases.flatMap((one, index) => {
        if (one.type === null) return [];
        const member = kind === "variant"
          ? camelCase(one.name)
          : kind === "option"
          ? "value"
          : one.name === "ok"
          ? "value"
          : "error";
        return [
          `if (${tag} == ${
            kind === "variant"
              ? `${name}Tag.${pascalCase(one.name)}`
              : index === 1
              ? "true"
              : "false"
          }) ${this.storeStatement(one.type, payload, `value.${member}`)};`,
        ];
      }),
    ];
  }

  #loadList(element: WitType): string {
    return this.#helper(`load_list_${this.#identifier(element)}`, (helper) => {
      const name = this.#name(element, "in");
      const size = this.#layout.size(element);
      return `function ${helper}(at: usize): Array<${name}> {
  const from = load<usize>(at), length = load<i32>(at, 4);
  const values = new Array<${name}>(length);
  for (let i = 0; i < length; i++) values[i] = ${
        this.loadExpression(element, `from + <usize>i * ${size}`)
      };
  if (length > 0) releaseInput(from);
  return values;
}
`;
    });
  }

  #storeList(element: WitType): string {
    return this.#helper(`store_list_${this.#identifier(element)}`, (helper) => {
      const name = this.#name(element, "out");
      const head = `function ${helper}(at: usize, values: Array<${name}>): void {
  store<i32>(at, values.length, 4);
`;
      if (this.#layout.resolve(element).kind === "primitive") {
        return `${head}  store<usize>(at, values.dataStart);
  keep(changetype<usize>(values));
}
`;
      }
      const size = this.#layout.size(element);
      return `${head}  const to = keep(__new(<usize>values.length * ${size}, idof<ArrayBuffer>()));
  store<usize>(at, to);
  for (let i = 0; i < values.length; i++) ${
        this.storeStatement(element, `to + <usize>i * ${size}`, "values[i]")
      };
}
`;
    });
  }

  /** Adds a helper once; reserved first, so that helpers may use each other. */
  #helper(name: string, write: (name: string) => string): string {
    if (!this.#helpers.has(name)) {
      this.#helpers.set(name, "");
      this.#helpers.set(name, write(name));
    }
    return name;
  }

  #name(type: WitType, direction: Direction): string {
    const own = type.kind === "named" && this.#layout.resolve(type).kind !== "flags";
    const name = this.types.name(type, direction);
    return own && this.#layout.resolve(type).kind !== "primitive"
      ? `contract.${name}`
      : name.replace(/\b[A-Z][A-Za-z0-9]*/g, (word) =>
        this.#isContractType(word) ? `contract.${word}` : word);
  }

  #isContractType(word: string): boolean {
    return this.types.contract.interface.types.some((type) => pascalCase(type.name) === word);
  }

  #identifier(type: WitType): string {
    switch (type.kind) {
      case "primitive":
      case "named":
        return snakeCase(type.name);
      case "list":
        return `list_${this.#identifier(type.element)}`;
      case "option":
        return `option_${this.#identifier(type.value)}`;
      case "result":
        return `result_${
          [type.ok, type.error].map((one) => one === null ? "nothing" : this.#identifier(one)).join(
            "_or_",
          )
        }`;
      default:
        return type.kind;
    }
  }
}

function coerce(from: CoreType, to: CoreType, value: string): string {
  if (from === to) return value;
  if (to === "f32") return `reinterpret<f32>(${from === "i64" ? `<i32>${value}` : value})`;
  if (to === "f64") return `reinterpret<f64>(${value})`;
  return `<${to}>${value}`;
}
