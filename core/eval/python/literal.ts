/** A Python source that does not hold the literal looked for; the message says where and why. */
export class PythonLiteralError extends Error {
  override readonly name = "PythonLiteralError";
}

/** What a literal can be. */
type PythonValue =
  | string
  | number
  | boolean
  | null
  | PythonValue[]
  | { [key: string]: PythonValue };

/**
 * Reads the literal that a Python source assigns to a name, without running anything: strings of all
 * quotings, joined where they stand side by side, numbers, `True`, `False`, `None`, lists, tuples and
 * dictionaries with strings as keys.
 *
 * @throws {PythonLiteralError} if there is no such assignment or it is more than a literal
 *
 * @example
 * ```ts
 * import { readPythonLiteral } from "./literal.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const source = `TASKS = {\n  'qa': {'tokens': 32, 'text': "a\\n" 'b'},  # comment\n}`;
 * deepEqual(readPythonLiteral(source, "TASKS"), { qa: { tokens: 32, text: "a\nb" } });
 * ```
 */
export function readPythonLiteral(source: string, name: string): PythonValue {
  const assignment = new RegExp(`^${name}[ \\t]*=[ \\t]*`, "m").exec(source);
  if (!assignment) throw new PythonLiteralError(`expected an assignment to ${name} but found none`);
  return new LiteralReader(source, assignment.index + assignment[0].length).value();
}

const BLANK = /(?:[ \t\r\n]|\\\r?\n|#[^\n]*)*/y;
const NUMBER = /[-+]?\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?/y;
const WORD = /[A-Za-z_]\w*/y;
const STRING = /([rRuU]?)("""|'''|"|')/y;
const CONSTANTS: Readonly<Record<string, PythonValue>> = { True: true, False: false, None: null };
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "\n": "",
};

class LiteralReader {
  constructor(readonly source: string, public at: number) {}

  value(): PythonValue {
    this.#take(BLANK);
    const start = this.source[this.at];
    if (start === "{") return this.#dictionary();
    if (start === "[") return this.#items("[", "]");
    if (start === "(") return this.#parenthesis();
    if (this.#matches(STRING)) return this.#strings();
    const number = this.#take(NUMBER);
    if (number) return Number(number[0].replaceAll("_", ""));
    const word = this.#take(WORD);
    if (word && Object.hasOwn(CONSTANTS, word[0])) return CONSTANTS[word[0]]!;
    throw this.#error("a literal");
  }

  #dictionary(): PythonValue {
    const entries: [string, PythonValue][] = [];
    this.#expect("{");
    while (!this.#accept("}")) {
      const key = this.value();
      if (typeof key !== "string") throw this.#error("a string as key");
      this.#expect(":");
      entries.push([key, this.value()]);
      if (!this.#accept(",") && !this.#peek("}")) throw this.#error(", or }");
    }
    return Object.fromEntries(entries);
  }

  #items(open: string, close: string): PythonValue[] {
    const items: PythonValue[] = [];
    this.#expect(open);
    while (!this.#accept(close)) {
      items.push(this.value());
      if (!this.#accept(",") && !this.#peek(close)) throw this.#error(`, or ${close}`);
    }
    return items;
  }

  /** One value without a comma is itself, not a tuple. */
  #parenthesis(): PythonValue {
    const start = this.at;
    const items = this.#items("(", ")");
    const tuple = items.length !== 1 || /,[ \t\r\n]*\)$/.test(this.source.slice(start, this.at));
    return tuple ? items : items[0]!;
  }

  #strings(): string {
    let text = "";
    do text += this.#string(); while (this.#matches(STRING));
    return text;
  }

  #string(): string {
    const [, prefix, quote] = this.#take(STRING)!;
    const raw = prefix!.toLowerCase() === "r";
    let text = "";
    while (!this.source.startsWith(quote!, this.at)) {
      const character = this.source[this.at++];
      if (character === undefined || (character === "\n" && quote!.length === 1)) {
        throw this.#error(`the closing ${quote}`);
      }
      text += character === "\\" ? this.#escape(raw) : character;
    }
    this.at += quote!.length;
    return text;
  }

  #escape(raw: boolean): string {
    const character = this.source[this.at++] ?? "";
    if (raw) return `\\${character}`;
    if (character === "u" || character === "x") {
      const digits = this.source.slice(this.at, this.at += character === "u" ? 4 : 2);
      return String.fromCharCode(parseInt(digits, 16));
    }
    return Object.hasOwn(ESCAPES, character) ? ESCAPES[character]! : `\\${character}`;
  }

  #matches(pattern: RegExp): boolean {
    this.#take(BLANK);
    pattern.lastIndex = this.at;
    return pattern.test(this.source);
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.source);
    if (match) this.at += match[0].length;
    return match;
  }

  #peek(sign: string): boolean {
    this.#take(BLANK);
    return this.source.startsWith(sign, this.at);
  }

  #accept(sign: string): boolean {
    const found = this.#peek(sign);
    if (found) this.at += sign.length;
    return found;
  }

  #expect(sign: string) {
    if (!this.#accept(sign)) throw this.#error(sign);
  }

  #error(expected: string): PythonLiteralError {
    const line = this.source.slice(0, this.at).split("\n").length;
    const found = this.source.slice(this.at, this.at + 20).split("\n", 1)[0];
    return new PythonLiteralError(
      `line ${line}: expected ${expected} but found ${JSON.stringify(found)}`,
    );
  }
}
