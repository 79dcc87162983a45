import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { errorWords } from "../files/error_words.ts";
import { makeFolder } from "../files/make_folder.ts";
import { WholeFile } from "../files/whole_file.ts";
import { sha256 } from "./digest.ts";
import { StoreError } from "./store_error.ts";

/** Bytes of content kept in memory. */
const KEPT_BYTES = 32 * 2 ** 20;

/**
 * Content by its digest, a file each: `blobs/9f/86d081…`. A file appears whole or not at all.
 *
 * @example
 * ```ts
 * import { BlobStore } from "./blob_store.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * const blobs = new BlobStore(folder);
 * const digest = blobs.put(Uint8Array.of(1, 2, 3));
 * deepEqual(blobs.get(digest), Uint8Array.of(1, 2, 3));
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class BlobStore {
  readonly #folder: string;
  /** What was read before: content of a digest never changes. */
  readonly #read = new LRUCache<string, Uint8Array<ArrayBuffer>>({
    maxSize: KEPT_BYTES,
    maxEntrySize: KEPT_BYTES / 16,
    sizeCalculation: ({ length }) => length + 1,
  });

  /** @throws {StoreError} when there is something else in the folder's place */
  constructor(folder: string) {
    this.#folder = folder;
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) {
      throw new StoreError(`Expected a folder of content at ${folder} but found a file`);
    }
  }

  /**
   * Keeps content and gives its digest. Content that is there already is not written again.
   *
   * @throws {StoreError} when it cannot be written
   */
  put(content: Uint8Array): string {
    const digest = sha256(content);
    if (this.isWhole(digest)) return digest;
    const path = this.#pathOf(digest);
    makeFolder(join(this.#folder, digest.slice(0, 2)), StoreError);
    try {
      using file = new WholeFile(path, { durable: true });
      file.write(content);
      file.commit();
    } catch (error) {
      throw new StoreError(
        `Expected content that can be written but found ${path}: ${errorWords(error, "reason")}`,
      );
    }
    return digest;
  }

  /**
   * Content of a digest, if it is here.
   *
   * @throws {StoreError} when the file cannot be read or holds something else
   */
  get(digest: string): Uint8Array<ArrayBuffer> | undefined {
    const known = this.#read.get(digest);
    if (known) return known;
    const content = this.#readFile(digest);
    if (content === undefined) return undefined;
    if (sha256(content) === digest) {
      this.#read.set(digest, content);
      return content;
    }
    throw new StoreError(
      `Expected the content of ${digest} but found a damaged file: ${this.#pathOf(digest)}`,
    );
  }

  /**
   * Content of a digest that something refers to.
   *
   * @param what it is, for the message
   * @throws {StoreError} when it is not here, or the file holds something else
   */
  need(digest: string, what: string): Uint8Array<ArrayBuffer> {
    const content = this.get(digest);
    if (content) return content;
    throw new StoreError(`Expected ${what} at ${this.#pathOf(digest)} but found none`);
  }

  /** Whether content of a digest is here, whole: read anew, whatever was read before. */
  isWhole(digest: string): boolean {
    if (!isDigest(digest)) return false;
    const content = this.#readFile(digest);
    return content !== undefined && sha256(content) === digest;
  }

  /** Removes content. */
  remove(digest: string) {
    rmSync(this.#pathOf(digest), { force: true });
    this.#read.delete(digest);
  }

  #readFile(digest: string): Uint8Array<ArrayBuffer> | undefined {
    const path = this.#pathOf(digest);
    if (!existsSync(path)) return undefined;
    try {
      return new Uint8Array(readFileSync(path));
    } catch (error) {
      throw new StoreError(
        `Expected content that can be read but found ${path}: ${errorWords(error, "reason")}`,
      );
    }
  }

  #pathOf(digest: string): string {
    if (isDigest(digest)) return join(this.#folder, digest.slice(0, 2), digest.slice(2));
    throw new StoreError(
      `Expected SHA-256s in hexadecimal in the store of ${this.#folder} but found ` +
        JSON.stringify(digest.slice(0, 80)),
    );
  }
}

function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
