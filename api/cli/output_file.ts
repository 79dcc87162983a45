import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
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
  readonly #written: string;
  readonly #file: Deno.FsFile;
  readonly #interrupt: Disposable;
  #open = false;

  private constructor(option: string, path: string) {
    this.#option = option;
    this.#path = path;
    this.#written = isSpecial(path)
      ? path
      : join(dirname(path), `.${basename(path)}.${Deno.pid}.partial`);
    // Before there is anything to tidy up: a signal must not find the file and nobody to remove it.
    this.#interrupt = onInterrupt(() => this[Symbol.dispose]());
    try {
      this.#file = Deno.openSync(this.#written, { write: true, create: true, truncate: true });
    } catch (error) {
      this.#interrupt[Symbol.dispose]();
      throw error;
    }
    this.#open = true;
  }

  /**
   * Begins a file.
   *
   * @param option what named it, for messages
   * @throws {UserError} when it cannot be written
   */
  static open(option: string, path: string): OutputFile {
    return writing(option, path, () => {
      const target = existing(path) === undefined ? path : realpathSync(path);
      if (existing(target)?.isDirectory()) throw new UserError("it is a folder");
      return new OutputFile(option, target);
    });
  }

  /**
   * Finds out early whether a file can be written, and leaves nothing behind.
   *
   * @throws {UserError} when it cannot
   */
  static check(option: string, path: string) {
    OutputFile.open(option, path)[Symbol.dispose]();
  }

  /** Adds to the end. */
  write(piece: string | Uint8Array) {
    writing(this.#option, this.#path, () => {
      let bytes = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
      while (bytes.length > 0) bytes = bytes.subarray(this.#file.writeSync(bytes));
    });
  }

  /** Puts the complete file in its place. */
  commit() {
    writing(this.#option, this.#path, () => {
      this.#close();
      if (this.#written !== this.#path) Deno.renameSync(this.#written, this.#path);
    });
  }

  /** Drops what was not committed. */
  [Symbol.dispose]() {
    if (!this.#open) return;
    this.#close();
    if (this.#written !== this.#path) Deno.removeSync(this.#written);
  }

  #close() {
    this.#open = false;
    this.#file.close();
    this.#interrupt[Symbol.dispose]();
  }
}

/** Writes a whole text. */
export function writeFile(option: string, path: string, text: string) {
  using file = OutputFile.open(option, path);
  file.write(text);
  file.commit();
}

function existing(path: string) {
  return lstatSync(path, { throwIfNoEntry: false });
}

function isSpecial(path: string): boolean {
  const found = existing(path);
  return found !== undefined && !found.isFile();
}

function writing<T>(option: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new UserError(
      `${option}: expected a file that can be written but found ${path}: ${reasonOf(error)}`,
    );
  }
}

/** Why the operating system refused, in words. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ \(os error.*$/s, "").split("\n", 1)[0]!;
}
