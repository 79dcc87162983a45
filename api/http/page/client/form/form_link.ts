/**
 * What the address of a form says.
 *
 * @module
 */

/** Longest part of a value that a message repeats. */
const SHOWN_CHARACTERS = 80;

/** A value that is said by keys. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a part of a link must be. */
export interface LinkPart<Value> {
  readonly expected: string;
  readonly isValid: (value: unknown) => value is Value;
}

/** An object. */
export const fieldsPart: LinkPart<Fields> = { expected: "an object", isValid: isFields };

/** A list of objects. */
export const listPart: LinkPart<readonly Fields[]> = {
  expected: "a list of objects",
  isValid: (value) => Array.isArray(value) && value.every(isFields),
};

/** Words and numbers by field. */
type ValuesByField = Readonly<Record<string, readonly (string | number | boolean)[]>>;

/** Lists of values by field. */
export const valuesPart: LinkPart<ValuesByField> = {
  expected: "lists of words and numbers by field",
  isValid: (value): value is ValuesByField =>
    isFields(value) &&
    Object.values(value).every((list) => Array.isArray(list) && list.every(isWord)),
};

/** A name. */
export const namePart: LinkPart<string> = {
  expected: "a name",
  isValid: (value) => typeof value === "string",
};

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWord(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

/** Reads a form's link; what is wrong with it is told with the form, not instead of it. */
export class FormLink {
  readonly #query: URLSearchParams;
  readonly #faults: string[] = [];

  constructor(query: URLSearchParams) {
    this.#query = query;
  }

  /** A part of it, which is JSON; nothing where it is left out or wrong. */
  read<Value>(name: string, { expected, isValid }: LinkPart<Value>): Value | undefined {
    const text = this.#query.get(name);
    if (text === null) return undefined;
    const value = parsed(text);
    if (isValid(value)) return value;
    this.refuse(name, expected, text);
    return undefined;
  }

  /** Notes what cannot be shown of it. */
  refuse(name: string, expected: string, found: string) {
    const shown = found.length > SHOWN_CHARACTERS ? `${found.slice(0, SHOWN_CHARACTERS)}…` : found;
    this.#faults.push(`${name}: expected ${expected} but found ${shown}`);
  }

  /** What is wrong with it, if anything is. */
  get fault(): Error | undefined {
    if (this.#faults.length === 0) return undefined;
    return new Error(`Of the link is left out: ${this.#faults.join("; ")}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
