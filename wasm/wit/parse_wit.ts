import type {
  PrimitiveName,
  WitCase,
  WitField,
  WitFunction,
  WitInterface,
  WitLabel,
  WitPackage,
  WitType,
  WitTypeDefinition,
  WitWorld,
} from "./ast.ts";
import { tokenizeWit, WitSyntaxError, type WitToken } from "./tokens.ts";

const PRIMITIVES: ReadonlySet<string> = new Set<PrimitiveName>(
  ["bool", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "f32", "f64", "char"],
);

/**
 * Parses one WIT file: a package header, interfaces and worlds. Functions of worlds, `use`,
 * `include`, futures, streams and handles other than a resource's own name are not part of the
 * contracts and are refused.
 *
 * @example
 * ```ts
 * import { parseWit } from "./parse_wit.ts";
 * import assert from "node:assert/strict";
 *
 * const wit = parseWit("package a:b@0.1.0; interface i { f: func(x: list<f32>) -> u32; }");
 * assert.equal(wit.interfaces[0]?.functions[0]?.name, "f");
 * ```
 *
 * @throws {WitSyntaxError} with the line
 */
export function parseWit(source: string): WitPackage {
  return new Parser(tokenizeWit(source)).package();
}

class Parser {
  #at = 0;
  constructor(private readonly tokens: readonly WitToken[]) {}

  package(): WitPackage {
    const doc = this.#doc();
    this.#expect("package");
    const id = `${this.#word()}${this.#expect(":")}${this.#word()}`;
    this.#expect("@");
    const version = this.#version();
    this.#expect(";");
    const interfaces: WitInterface[] = [];
    const worlds: WitWorld[] = [];
    while (this.#at < this.tokens.length) {
      const itemDoc = this.#doc();
      const kind = this.#word();
      if (kind === "interface") interfaces.push(this.#interface(itemDoc));
      else if (kind === "world") worlds.push(this.#world(itemDoc));
      else throw this.#error("an interface or a world", kind);
    }
    return { id, version, doc, interfaces, worlds };
  }

  #version(): string {
    let text = this.#word();
    while (this.#accept(".")) text += `.${this.#word()}`;
    return text;
  }

  #interface(doc: string): WitInterface {
    const name = this.#word();
    const types: WitTypeDefinition[] = [];
    const functions: WitFunction[] = [];
    this.#block(() => {
      const itemDoc = this.#doc();
      const word = this.#word();
      if (this.#accept(":")) {
        functions.push(this.#function(word, itemDoc, null));
      } else {
        types.push(this.#definition(word, itemDoc, functions));
      }
    });
    return { name, doc, types, functions };
  }

  #world(doc: string): WitWorld {
    const name = this.#word();
    const imports: string[] = [];
    const exports: string[] = [];
    this.#block(() => {
      this.#doc();
      const direction = this.#word();
      if (direction !== "import" && direction !== "export") {
        throw this.#error("import or export", direction);
      }
      (direction === "import" ? imports : exports).push(this.#word());
      this.#expect(";");
    });
    return { name, doc, imports, exports };
  }

  #definition(kind: string, doc: string, functions: WitFunction[]): WitTypeDefinition {
    const name = this.#word();
    switch (kind) {
      case "record":
        return { kind, name, doc, fields: this.#fields("{", "}") };
      case "variant":
        return { kind, name, doc, cases: this.#cases() };
      case "enum":
      case "flags":
        return { kind, name, doc, labels: this.#labels() };
      case "type": {
        this.#expect("=");
        const type = this.#type();
        this.#expect(";");
        return { kind: "alias", name, doc, type };
      }
      case "resource":
        this.#resource(name, functions);
        return { kind, name, doc };
      default:
        throw this.#error("a type definition", kind);
    }
  }

  #resource(resource: string, functions: WitFunction[]): void {
    if (this.#accept(";")) return;
    this.#block(() => {
      const doc = this.#doc();
      const name = this.#word();
      if (name === "constructor") {
        const parameters = this.#fields("(", ")");
        this.#expect(";");
        functions.push({ name, doc, resource, kind: "constructor", parameters, result: null });
      } else {
        this.#expect(":");
        functions.push(this.#function(name, doc, resource));
      }
    });
  }

  #function(name: string, doc: string, resource: string | null): WitFunction {
    const isStatic = resource !== null && this.#accept("static");
    this.#expect("func");
    const parameters = this.#fields("(", ")");
    const result = this.#accept("->") ? this.#type() : null;
    this.#expect(";");
    const kind = resource === null ? "free" : isStatic ? "static" : "method";
    return { name, doc, resource, kind, parameters, result };
  }

  #fields(open: string, close: string): WitField[] {
    return this.#list(open, close, () => {
      const doc = this.#doc();
      const name = this.#word();
      this.#expect(":");
      return { name, doc, type: this.#type() };
    });
  }

  #cases(): WitCase[] {
    return this.#list("{", "}", () => {
      const doc = this.#doc();
      const name = this.#word();
      if (!this.#accept("(")) return { name, doc, type: null };
      const type = this.#type();
      this.#expect(")");
      return { name, doc, type };
    });
  }

  #labels(): WitLabel[] {
    return this.#list("{", "}", () => ({ doc: this.#doc(), name: this.#word() }));
  }

  #type(): WitType {
    const word = this.#word();
    if (PRIMITIVES.has(word)) return { kind: "primitive", name: word as PrimitiveName };
    switch (word) {
      case "string":
        return { kind: "string" };
      case "list":
        return { kind: "list", element: this.#argument() };
      case "option":
        return { kind: "option", value: this.#argument() };
      case "tuple":
        return { kind: "tuple", members: this.#list("<", ">", () => this.#type()) };
      case "result":
        return this.#result();
      case "own":
      case "borrow":
      case "future":
      case "stream":
        throw this.#error("a type of the contracts' subset of WIT", word);
      default:
        return { kind: "named", name: word };
    }
  }

  #argument(): WitType {
    this.#expect("<");
    const type = this.#type();
    this.#expect(">");
    return type;
  }

  #result(): WitType {
    if (!this.#accept("<")) return { kind: "result", ok: null, error: null };
    const ok = this.#accept("_") ? null : this.#type();
    const error = this.#accept(",") ? this.#type() : null;
    this.#expect(">");
    return { kind: "result", ok, error };
  }

  #block(item: () => void): void {
    this.#expect("{");
    while (!this.#accept("}")) item();
  }

  #list<T>(open: string, close: string, item: () => T): T[] {
    const items: T[] = [];
    this.#expect(open);
    while (!this.#accept(close)) {
      items.push(item());
      if (!this.#accept(",")) {
        this.#expect(close);
        break;
      }
    }
    return items;
  }

  #doc(): string {
    const lines: string[] = [];
    while (this.tokens[this.#at]?.kind === "doc") lines.push(this.tokens[this.#at++]?.text ?? "");
    return lines.join("\n");
  }

  #word(): string {
    const token = this.tokens[this.#at];
    if (token?.kind !== "word") throw this.#error("a name", token?.text, token);
    this.#at++;
    return token.text;
  }

  #accept(text: string): boolean {
    const token = this.tokens[this.#at];
    if (token === undefined || token.kind === "doc" || token.text !== text) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): string {
    if (!this.#accept(text)) {
      const token = this.tokens[this.#at];
      throw this.#error(JSON.stringify(text), token?.text, token);
    }
    return text;
  }

  #error(
    expected: string,
    found = "the end of the file",
    token = this.tokens[this.#at - 1],
  ): WitSyntaxError {
    return new WitSyntaxError(
      `Expected ${expected} but found ${found}`,
      token?.line ?? this.tokens.at(-1)?.line ?? 1,
    );
  }
}
