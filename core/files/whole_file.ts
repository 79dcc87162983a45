import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";

/** How a {@linkcode WholeFile} is written. */
export interface WholeFileOptions {
  /** Who writes, in the temporary name (see {@linkcode placeOf}); any that is new unless given. */
  readonly writer?: string;
  /**
   * How many bytes to keep of what the same writer left, to go on behind.
   *
   * @default {0}
   */
  readonly keptBytes?: number;
  /** Whether they are of what is in its place instead, which stays. */
  readonly keptOfWhole?: boolean;
  /** Whether what is not committed stays beside its place when disposed of, to go on from. */
  readonly outlastsDisposal?: boolean;
  /** Whether it is on the disk, not only in the system's memory, before it is in its place. */
  readonly durable?: boolean;
}

/** Where a file is once it is whole, and until then. */
interface Place {
  readonly whole: string;
  readonly partial: string;
}

/**
 * Where a file is written: beside its place as `PATH.WRITER.partial`, and `PATH.partial` by a writer
 * without a name. A link is followed; a pipe or device, which nothing can be put in the place of, is
 * written directly, so that both paths are the same.
 */
export function placeOf(path: string, writer: string): Place {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isFile() && !found.isDirectory()) return { whole: path, partial: path };
  const whole = lstatSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : path;
  return { whole, partial: `${whole}.${writer === "" ? "" : `${writer}.`}partial` };
}

/**
 * A file that appears whole or not at all: it is written beside its place and renamed when it is
 * complete. Errors are the operating system's, with its codes.
 *
 * @example
 * ```ts
 * import { WholeFile } from "./whole_file.ts";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * using file = new WholeFile(`${folder}/a.txt`);
 * file.write("one\n");
 * file.commit();
 * equal(Deno.readTextFileSync(`${folder}/a.txt`), "one\n");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class WholeFile implements Disposable {
  readonly #place: Place;
  readonly #durable: boolean;
  readonly #outlastsDisposal: boolean;
  readonly #file: number;
  #isOpen = true;
  #isPending: boolean;

  constructor(
    path: string,
    {
      writer = crypto.randomUUID(),
      keptBytes = 0,
      keptOfWhole = false,
      outlastsDisposal = false,
      durable = false,
    }: WholeFileOptions = {},
  ) {
    refuseFolder(path);
    this.#place = placeOf(path, writer);
    this.#durable = durable;
    this.#outlastsDisposal = outlastsDisposal;
    const { whole, partial } = this.#place;
    if (keptOfWhole) copyFileSync(whole, partial, constants.COPYFILE_FICLONE);
    this.#file = openSync(partial, keptBytes === 0 ? "w" : "a");
    if (keptBytes > 0) ftruncateSync(this.#file, keptBytes);
    this.#isPending = partial !== whole;
  }

  /** Finds out whether a file can be written, and leaves everything as it was. */
  static check(path: string, { writer = crypto.randomUUID() }: WholeFileOptions = {}) {
    refuseFolder(path);
    const { whole, partial } = placeOf(path, writer);
    if (partial === whole) return accessSync(whole, constants.W_OK);
    const isNew = !lstatSync(partial, { throwIfNoEntry: false });
    closeSync(openSync(partial, "a"));
    if (isNew) rmSync(partial);
  }

  /** Adds to the end. */
  write(piece: string | Uint8Array) {
    writeFully(this.#file, typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
  }

  /** Puts the complete file in its place. */
  commit() {
    if (this.#durable) fsyncSync(this.#file);
    this.#close();
    if (this.#isPending) renameSync(this.#place.partial, this.#place.whole);
    this.#isPending = false;
  }

  /** Drops what was not committed, unless it outlasts that. */
  [Symbol.dispose]() {
    this.#close();
    if (this.#isPending && !this.#outlastsDisposal) rmSync(this.#place.partial, { force: true });
    this.#isPending = false;
  }

  #close() {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }
}

/**
 * Writes all bytes, which one call of the system need not.
 */
function writeFully(file: number, bytes: Uint8Array) {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}

/** A file could be written beside a folder, but not be put in its place. */
function refuseFolder(path: string) {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw Object.assign(new Error(`${path} is a folder`), { code: "EISDIR", path });
}
