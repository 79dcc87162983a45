import { errorCode, errorWords } from "../../core/files/error_words.ts";
import { WholeFile, type WholeFileOptions } from "../../core/files/whole_file.ts";
import { onInterrupt } from "./interrupt.ts";
import { UserError } from "./user_error.ts";

/**
 * A file that appears whole or not at all: it is written beside its place and renamed when it is
 * complete. What is no regular file (a pipe, a device) is written directly.
 *
 * @example
 * ```ts
 * import { OutputFile } from "./output_file.ts";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * using file = OutputFile.open("--output", `${folder}/a.txt`);
 * file.write("one\n");
 * equal([...Deno.readDirSync(folder)].some(({ name }) => name === "a.txt"), false);
 * file.commit();
 * equal(Deno.readTextFileSync(`${folder}/a.txt`), "one\n");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class OutputFile {
  readonly #option: string;
  readonly #path: string;
  readonly #file: WholeFile;
  readonly #interrupt: Disposable;

  private constructor(option: string, path: string, options?: WholeFileOptions) {
    this.#option = option;
    this.#path = path;
    // Before there is anything to tidy up: a signal must not find the file and nobody to remove it.
    this.#interrupt = onInterrupt(() => this[Symbol.dispose]());
    try {
      this.#file = new WholeFile(path, options);
    } catch (error) {
      this.#interrupt[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Begins a file.
   *
   * @param option what named it, for messages
   * @throws {UserError} when it cannot be written
   */
  static open(option: string, path: string, options?: WholeFileOptions): OutputFile {
    return writing(option, path, () => new OutputFile(option, path, options));
  }

  /**
   * Finds out early whether a file can be written, and leaves everything as it was.
   *
   * @throws {UserError} when it cannot
   */
  static check(option: string, path: string, options?: WholeFileOptions) {
    writing(option, path, () => WholeFile.check(path, options));
  }

  /** Adds to the end. */
  write(piece: string | Uint8Array) {
    writing(this.#option, this.#path, () => this.#file.write(piece));
  }

  /** Puts the complete file in its place. */
  commit() {
    writing(this.#option, this.#path, () => this.#file.commit());
    this.#interrupt[Symbol.dispose]();
  }

  /** Drops what was not committed, unless that is to outlast it. */
  [Symbol.dispose]() {
    this.#interrupt[Symbol.dispose]();
    this.#file[Symbol.dispose]();
  }
}

/** Writes a whole text, or all bytes. */
export function writeFile(option: string, path: string, text: string | Uint8Array) {
  using file = OutputFile.open(option, path);
  file.write(text);
  file.commit();
}

function writing<T>(option: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const found = folderInTheWay(error) ?? path;
    throw new UserError(
      `${option}: expected a file that can be written but found ${found}: ${
        errorWords(error, "reason")
      }`,
    );
  }
}

/** It may be in the place of the temporary name, which nobody would look for. */
function folderInTheWay(error: unknown): string | undefined {
  return errorCode(error) === "EISDIR" ? (error as { path?: string }).path : undefined;
}
