import type { WitType, WitTypeDefinition } from "../../wit/ast.ts";
import { Layout } from "../../wit/layout.ts";
import type { Contract } from "./exports.ts";
import { camelCase, docComment, pascalCase } from "./names.ts";

const PRIMITIVES: Record<string, string> = {
  bool: "bool",
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

/** Whether a value goes into the plugin or comes out of it: lists look different. */
export type Direction = "in" | "out";

/** Writes the AssemblyScript types of a contract, which a plugin's author sees. */
export class AssemblyScriptTypes {
  readonly layout: Layout;
  readonly #directions = new Map<string, Direction>();

  constructor(readonly contract: Contract) {
    this.layout = new Layout(contract.interface.types);
    for (const { parameters, result } of contract.interface.functions) {
      for (const { type } of parameters) this.#mark(type, "in");
      if (result !== null) this.#mark(result, "out");
    }
  }

  /** The direction a named type travels in; types without lists may travel both ways. */
  direction(name: string): Direction {
    return this.#directions.get(name) ?? "out";
  }

  /** A type as AssemblyScript writes it. */
  name(type: WitType, direction: Direction): string {
    switch (type.kind) {
      case "primitive":
        return PRIMITIVES[type.name] ?? type.name;
      case "string":
        return "string";
      case "list":
        return this.#listName(type.element, direction);
      case "option":
        return `Option<${this.name(type.value, direction)}>`;
      case "result":
        return `Result<${this.#orNothing(type.ok, direction)}, ${
          this.#orNothing(type.error, direction)
        }>`;
      case "named": {
        const resolved = this.layout.resolve(type);
        if (resolved.kind === "flags") return "u32";
        if (resolved.kind === "resource") return pascalCase(resolved.name);
        return resolved.kind !== "primitive" && "name" in resolved
          ? pascalCase(resolved.name)
          : this.name(resolved, direction);
      }
      default:
        throw new RangeError("Expected a type other than a tuple");
    }
  }

  /** An expression for a type's empty value. */
  emptyValue(type: WitType, direction: Direction): string {
    const resolved = this.layout.resolve(type);
    switch (resolved.kind) {
      case "primitive":
        return resolved.name === "bool" ? "false" : "0";
      case "enum":
      case "flags":
        return "0";
      case "string":
        return '""';
      case "option":
        return `Option.none<${this.name(resolved.value, direction)}>()`;
      case "list":
        return this.#isIncomingNumbers(resolved.element, direction)
          ? `new ${this.name(type, direction)}(0)`
          : "[]";
      default:
        return `new ${this.name(type, direction)}()`;
    }
  }

  /** Whether a list arrives as it lies in memory, without being copied. */
  #isIncomingNumbers(element: WitType, direction: Direction): boolean {
    return direction === "in" && this.layout.resolve(element).kind === "primitive";
  }

  #listName(element: WitType, direction: Direction): string {
    const name = this.name(element, direction);
    return this.#isIncomingNumbers(element, direction) ? `StaticArray<${name}>` : `Array<${name}>`;
  }

  #orNothing(type: WitType | null, direction: Direction): string {
    return type === null ? "Nothing" : this.name(type, direction);
  }

  #mark(type: WitType, direction: Direction): void {
    if (type.kind === "named") {
      const known = this.#directions.get(type.name);
      if (known === direction) return;
      if (known !== undefined && this.#hasNumberList(type)) {
        throw new RangeError(`Expected ${type.name} to travel one way but found both`);
      }
      this.#directions.set(type.name, direction);
    }
    for (const inner of this.#inner(type)) this.#mark(inner, direction);
  }

  #hasNumberList(type: WitType): boolean {
    return this.#inner(type).some((inner) =>
      (inner.kind === "list" && this.layout.resolve(inner.element).kind === "primitive") ||
      this.#hasNumberList(inner)
    );
  }

  #inner(type: WitType): WitType[] {
    const resolved = this.layout.resolve(type);
    switch (resolved.kind) {
      case "list":
        return [resolved.element];
      case "record":
        return resolved.fields.map((field) => field.type);
      case "variant":
      case "option":
      case "result":
        return this.layout.cases(type).flatMap((one) => one.type ?? []);
      default:
        return [];
    }
  }

  /** Every definition, in the order of the WIT file. */
  definitions(): string {
    return this.contract.interface.types.map((type) => this.#definition(type)).filter((text) =>
      text !== ""
    ).join("\n");
  }

  #definition(type: WitTypeDefinition): string {
    const head = docComment(type.doc) + `export `;
    const name = pascalCase(type.name);
    switch (type.kind) {
      case "record":
        return `${head}class ${name} {\n${this.#recordFields(type)}}\n`;
      case "variant":
        return this.#variant(type, head);
      case "enum":
        return `${head}enum ${name} {\n${
          type.labels.map((label) => `${docComment(label.doc, "  ")}  ${pascalCase(label.name)},\n`)
            .join("")
        }}\n`;
      case "flags":
        return `${head}enum ${name} {\n${
          type.labels.map((label, bit) =>
            `${docComment(label.doc, "  ")}  ${pascalCase(label.name)} = ${2 ** bit},\n`
          ).join("")
        }}\n`;
      default:
        return "";
    }
  }

  #recordFields(type: WitTypeDefinition & { kind: "record" }): string {
    const direction = this.direction(type.name);
    return type.fields.map((field) =>
      docComment(field.doc, "  ") +
      `  ${camelCase(field.name)}: ${this.name(field.type, direction)} = ${
        this.emptyValue(field.type, direction)
      };\n`
    ).join("");
  }

  #variant(type: WitTypeDefinition & { kind: "variant" }, head: string): string {
    const name = pascalCase(type.name);
    const direction = this.direction(type.name);
    const tags = type.cases.map((one) => `  ${pascalCase(one.name)},\n`).join("");
    const fields = type.cases.map((one) =>
      one.type === null
        ? ""
        : `${docComment(one.doc, "  ")}  ${camelCase(one.name)}: ${
          this.name(one.type, direction)
        } = ${this.emptyValue(one.type, direction)};\n`
    ).join("");
    const makers = type.cases.map((one) => {
      const payload = one.type === null ? "" : `value: ${this.name(one.type, direction)}`;
      const assign = one.type === null ? "" : ` made.${camelCase(one.name)} = value;`;
      return docComment(one.doc, "  ") +
        `  static ${camelCase(one.name)}(${payload}): ${name} { const made = new ${name}(); ` +
        `made.tag = ${name}Tag.${pascalCase(one.name)};${assign} return made; }\n`;
    }).join("");
    return `/** Which case a {@linkcode ${name}} is. */\nexport enum ${name}Tag {\n${tags}}\n` +
      `${head}class ${name} {\n  tag: ${name}Tag = ${name}Tag.${
        pascalCase(type.cases[0]?.name ?? "")
      };\n${fields}${makers}}\n`;
  }
}
