/**
 * Whether what a policy lists are sets of tokens. It runs on every answer, tens of thousands of
 * tokens a layer and step, so it is WebAssembly; {@linkcode explainTokenSet} says what is wrong.
 *
 * @module
 */
import { buildModule } from "../../wasm/build.ts";

/** What the tokens of one set are held against. */
export interface TokenSetRules {
  /** Tokens that entered: indices lie below. */
  readonly tokens: number;
  /** Marks of evicted tokens: a table for each head that shares the set and evicted any. */
  readonly evicted: readonly Uint8Array[];
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  offsetsAt(): number;
  begin(limit: number): void;
  reserve(numbers: number): number;
  firstThatIsNoSet(lists: number): number;
}

/** Tokens looked at at a time, unless one list is longer: so many that they stay in a cache. */
const PIECE_TOKENS = 4096;

let shared: Promise<TokenSetCheck> | undefined;

/** Checks that each token of a list is in range and there once. One serves all sessions of a thread. */
export class TokenSetCheck {
  #view: Uint32Array = new Uint32Array();

  private constructor(private readonly exports: Exports) {}

  /** The check of this thread. */
  static ofThread(): Promise<TokenSetCheck> {
    return shared ??= TokenSetCheck.#create();
  }

  static async #create(): Promise<TokenSetCheck> {
    const entry = "token_sets/assembly";
    const { bytes } = await buildModule(`${entry}/index.ts`, [entry], "trusted", { simd: true });
    const { instance } = await WebAssembly.instantiate(bytes);
    return new TokenSetCheck(instance.exports as unknown as Exports);
  }

  /**
   * The first list that is no set of tokens below `limit`; null if all are.
   *
   * @param offsets where lists begin in `tokens`, and the end; never decreasing, from 0
   * @throws {RangeError} if so many tokens exceed the address space of WebAssembly
   */
  firstBroken(offsets: Uint32Array, tokens: Uint32Array, limit: number): number | null {
    this.exports.begin(limit);
    for (let first = 0; first + 1 < offsets.length;) {
      let end = first + 1;
      while (end + 1 < offsets.length && offsets[end + 1]! - offsets[first]! <= PIECE_TOKENS) end++;
      const piece = tokens.subarray(offsets[first], offsets[end]);
      const broken = this.#firstBrokenOf(offsets.subarray(first, end + 1), piece, limit);
      if (broken !== null) return first + broken;
      first = end;
    }
    return null;
  }

  /** The same of some of the lists, whose tokens alone are given. */
  #firstBrokenOf(offsets: Uint32Array, tokens: Uint32Array, limit: number): number | null {
    const { exports } = this;
    if (!exports.reserve(offsets.length + tokens.length)) {
      const found = `lists of ${tokens.length} of ${limit}`;
      throw new RangeError(`Expected tokens within 4 GiB but found ${found}`);
    }
    const { buffer } = exports.memory;
    if (this.#view.buffer !== buffer) this.#view = new Uint32Array(buffer);
    const at = (exports.offsetsAt() >>> 0) / 4;
    this.#view.set(offsets, at);
    this.#view.set(tokens, at + offsets.length);
    const lists = offsets.length - 1;
    const first = exports.firstThatIsNoSet(lists);
    return first < lists ? first : null;
  }
}

/** Whether a list has a token that is marked. */
export function anyMarked(
  table: Uint8Array,
  list: Uint32Array,
  first: number,
  end: number,
): boolean {
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
