/**
 * From the tokens a head attends to, to the rows of memory they lie in.
 *
 * Two things are called a row (STARC artifact, gen_trace_attacc_bank.py; AttAcc's bank-level HBM3
 * with 128-element fp16 keys). A *row of 16 tokens* (`rows16`) is what one row of the four banks of
 * one bank group holds: the unit of the artifact's budget tables. An *all-bank row* (`dramRows`) is
 * what one all-bank activation opens: 16 bank groups at once, 256 tokens.
 *
 * @module
 */
import { BlockSet } from "./block_set.ts";

/** Tokens in a row of one bank group. */
export const ROW16_TOKENS = 16;

/** Tokens in a row opened in every bank at once. */
export const DRAM_ROW_TOKENS = 256;

/** What one head's selection costs in rows, at one decode step of one layer. */
export interface RowsTouched {
  /** Tokens attended to. */
  keptTokens: number;
  /** Rows of 16 tokens if every token lay in the slot of its own index. */
  sequentialRows16: number;
  /** Rows of 16 tokens where the policy put them. */
  placedRows16: number;
  /** All-bank rows if every token lay in the slot of its own index. */
  sequentialDramRows: number;
  /** All-bank rows where the policy put them. */
  placedDramRows: number;
}

/** Counts rows for one selection after another without allocating. */
export class RowCounter {
  readonly #tokens = new BlockSet();
  readonly #sequential16 = new BlockSet();
  readonly #sequentialDram = new BlockSet();
  readonly #placed16 = new BlockSet();
  readonly #placedDram = new BlockSet();

  /**
   * Counts the rows of one head's selection.
   *
   * @param tokens token indices in any order, each once, below `contextTokens`
   * @param contextTokens tokens the cache holds
   * @param slots storage slot of every token of the context; without it each token has the slot of
   *   its own index
   * @throws {RangeError} if a token is out of range or named twice, or a slot is missing
   *
   * @example
   * ```ts
   * import { RowCounter } from "./rows.ts";
   * import { deepEqual } from "node:assert/strict";
   *
   * const slots = Uint32Array.from({ length: 512 }, (_, token) => token);
   * [slots[300], slots[2]] = [2, 300];
   * deepEqual(new RowCounter().count([0, 1, 300], 512, slots), {
   *   keptTokens: 3,
   *   sequentialRows16: 2,
   *   placedRows16: 1,
   *   sequentialDramRows: 2,
   *   placedDramRows: 1,
   * });
   * ```
   */
  count(tokens: ArrayLike<number>, contextTokens: number, slots?: ArrayLike<number>): RowsTouched {
    if (slots && slots.length < contextTokens) {
      throw new RangeError(
        `Expected a slot for each of ${contextTokens} tokens but found ${slots.length}`,
      );
    }
    this.#clear();
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!;
      if (!(Number.isInteger(token) && token >= 0 && token < contextTokens)) {
        throw new RangeError(`Expected a token below ${contextTokens} but found ${token}`);
      }
      if (!this.#tokens.add(token)) {
        throw new RangeError(`Expected each token once but found ${token} twice`);
      }
      this.#sequential16.add(token >>> 4);
      this.#sequentialDram.add(token >>> 8);
      if (slots) {
        const slot = slots[token]!;
        this.#placed16.add(slot >>> 4);
        this.#placedDram.add(slot >>> 8);
      }
    }
    return {
      keptTokens: this.#tokens.size,
      sequentialRows16: this.#sequential16.size,
      placedRows16: slots ? this.#placed16.size : this.#sequential16.size,
      sequentialDramRows: this.#sequentialDram.size,
      placedDramRows: slots ? this.#placedDram.size : this.#sequentialDram.size,
    };
  }

  #clear() {
    this.#tokens.clear();
    this.#sequential16.clear();
    this.#sequentialDram.clear();
    this.#placed16.clear();
    this.#placedDram.clear();
  }
}

/**
 * Which rows of 16 tokens a selection lies in, ascending.
 *
 * @param slots as in {@linkcode RowCounter.count}
 *
 * @example
 * ```ts
 * import { rows16Touched } from "./rows.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual([...rows16Touched([40, 0, 15, 33])], [0, 2]);
 * ```
 */
export function rows16Touched(tokens: ArrayLike<number>, slots?: ArrayLike<number>): Uint32Array {
  const rows = new BlockSet();
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    rows.add((slots ? slots[token]! : token) >>> 4);
  }
  return rows.sorted();
}
