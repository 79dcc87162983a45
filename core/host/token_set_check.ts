/** What the tokens of one set are held against. */
export interface TokenSetRules {
  /** Tokens that entered: indices lie below. */
  readonly tokens: number;
  /** Marks of evicted tokens: a table for each head that shares the set and evicted any. */
  readonly evicted: readonly Uint8Array[];
}

/**
 * Checks sets of tokens: indices in range, each once, none evicted. It runs on every answer of a
 * policy, so it is one pass over typed arrays; {@linkcode explainTokenSet} says what is wrong.
 */
export class TokenSetCheck {
  /** A bit for each token: 4 KiB at 32k tokens, which stay in the nearest cache. */
  readonly #seen: Uint32Array;

  /** @param maxTokens Tokens that will ever enter */
  constructor(maxTokens: number) {
    this.#seen = new Uint32Array(Math.ceil(maxTokens / 32));
  }

  /** Whether `list[first]` up to but without `list[end]` are a set that keeps the rules. */
  holds(list: Uint32Array, first: number, end: number, rules: TokenSetRules): boolean {
    if (!ascendsBelow(list, first, end, rules.tokens)) {
      if (!this.#distinctBelow(list, first, end, rules.tokens)) return false;
    }
    for (const table of rules.evicted) if (anyMarked(table, list, first, end)) return false;
    return true;
  }

  #distinctBelow(list: Uint32Array, first: number, end: number, limit: number): boolean {
    const seen = this.#seen.fill(0);
    for (let at = first; at < end; at++) {
      const token = list[at]!;
      if (token >= limit) return false;
      const word = seen[token >>> 5]!;
      const bit = 1 << (token & 31);
      if ((word & bit) !== 0) return false;
      seen[token >>> 5] = word | bit;
    }
    return true;
  }
}

/** Whether numbers rise strictly and end below a limit: then each is there once. */
function ascendsBelow(list: Uint32Array, first: number, end: number, limit: number): boolean {
  if (first === end) return true;
  for (let at = first + 1; at < end; at++) if (list[at - 1]! >= list[at]!) return false;
  return list[end - 1]! < limit;
}

function anyMarked(table: Uint8Array, list: Uint32Array, first: number, end: number): boolean {
  for (let at = first; at < end; at++) if (table[list[at]!] === 1) return true;
  return false;
}

/**
 * What is wrong with a set of tokens, the first thing first; null if nothing is.
 *
 * @param what What the tokens are, in the message: `"visible"`
 */
export function explainTokenSet(
  set: Uint32Array,
  { tokens, evicted }: TokenSetRules,
  what: string,
): string | null {
  const seen = new Set<number>();
  for (const token of set) {
    if (token >= tokens) return `Expected ${what} tokens below ${tokens} but found ${token}`;
    if (seen.has(token)) {
      return `Expected each of the ${what} tokens once but found ${token} again`;
    }
    seen.add(token);
    if (evicted.some((table) => table[token] === 1)) {
      return `Expected ${what} tokens that are present but found ${token}, evicted`;
    }
  }
  return null;
}
