/** A piece of WIT source. */
export interface WitToken {
  readonly kind: "word" | "symbol" | "doc";
  /** The word, the symbol, or the documentation line without its slashes. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Thrown for source that is not WIT, or uses a part of WIT this project does not. */
export class WitSyntaxError extends SyntaxError {
  override readonly name = "WitSyntaxError";
  constructor(message: string, readonly line: number) {
    super(`line ${line}: ${message}`);
  }
}

const TOKEN =
  /(?<space>[ \t\r\n]+)|(?<doc>\/\/\/[^\n]*)|(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<word>%?[A-Za-z_0-9][A-Za-z0-9_-]*)|(?<symbol>->|[{}()<>:;,=@./_])/y;

/**
 * Cuts WIT source into words, symbols and documentation lines.
 *
 * @throws {WitSyntaxError} at a character that cannot begin a token
 */
export function tokenizeWit(source: string): WitToken[] {
  const tokens: WitToken[] = [];
  let line = 1;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(source)?.groups;
    if (groups === undefined) {
      throw new WitSyntaxError(`Expected a token but found ${JSON.stringify(source[at])}`, line);
    }
    const { doc, word, symbol } = groups;
    if (doc !== undefined) tokens.push({ kind: "doc", text: doc.slice(3).trim(), line });
    if (word !== undefined) tokens.push({ kind: "word", text: word.replace("%", ""), line });
    if (symbol !== undefined) tokens.push({ kind: "symbol", text: symbol, line });
    line += source.slice(at, TOKEN.lastIndex).split("\n").length - 1;
  }
  return tokens;
}
