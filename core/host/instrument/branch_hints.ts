import { ByteReader } from "../../../wasm/binary/byte_reader.ts";
import { unsignedLeb128 } from "../../../wasm/binary/leb128.ts";
import { concatBytes, encodeName, type Section, SectionId } from "../../../wasm/binary/sections.ts";

/** Name of the custom section, as the branch hinting proposal of WebAssembly lays down. */
const NAME = "metadata.code.branch_hint";
/** A hint of one byte: the branch is unlikely to be taken. */
const UNLIKELY = [1, 0];

/**
 * Tells the compiler which branches are hardly ever taken, so that what they do costs the code
 * around them no registers. Means nothing to what a module answers.
 */
export class BranchHints {
  readonly #functions: Uint8Array[] = [];

  /**
   * Adds a function; functions come in ascending order.
   *
   * @param unlikely offsets of branches from where the function's locals are declared, ascending
   */
  add(functionIndex: number, unlikely: readonly number[]): void {
    if (unlikely.length === 0) return;
    this.#functions.push(concatBytes([
      unsignedLeb128(functionIndex),
      unsignedLeb128(unlikely.length),
      ...unlikely.map((offset) => [...unsignedLeb128(offset), ...UNLIKELY]),
    ]));
  }

  /** The section, which stands before the code. */
  section(): Section {
    const count = unsignedLeb128(this.#functions.length);
    return {
      id: SectionId.custom,
      body: concatBytes([[...encodeName(NAME)], count, ...this.#functions]),
    };
  }
}

/** Whether a section holds branch hints. */
export function isBranchHints({ id, body }: Section): boolean {
  return id === SectionId.custom && new ByteReader(body).name() === NAME;
}
