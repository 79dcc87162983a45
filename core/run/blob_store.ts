import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
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

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps content and gives its digest. Content that is there already is not written again. */
  put(content: Uint8Array): string {
    const digest = sha256(content);
    const path = this.#pathOf(digest);
    if (this.#isWhole(path, digest)) return digest;
    mkdirSync(join(this.#folder, digest.slice(0, 2)), { recursive: true });
    using file = new WholeFile(path, { durable: true });
    file.write(content);
    file.commit();
    return digest;
  }

  /**
   * Content of a digest, if it is here.
   *
   * @throws {StoreError} when the file holds something else
   */
  get(digest: string): Uint8Array<ArrayBuffer> | undefined {
    const known = this.#read.get(digest);
    if (known) return known;
    const path = this.#pathOf(digest);
    if (!existsSync(path)) return undefined;
    const content = new Uint8Array(readFileSync(path));
    if (sha256(content) === digest) {
      this.#read.set(digest, content);
      return content;
    }
    throw new StoreError(`Expected the content of ${digest} but found a damaged file`);
  }

  /** Removes content. */
  remove(digest: string) {
    rmSync(this.#pathOf(digest), { force: true });
    this.#read.delete(digest);
  }

  #isWhole(path: string, digest: string): boolean {
    return existsSync(path) && sha256(readFileSync(path)) === digest;
  }

  #pathOf(digest: string): string {
    if (!/^[0-9a-f]{64}$/.test(digest)) {
      throw new RangeError(`Expected a SHA-256 in hexadecimal but found ${digest}`);
    }
    return join(this.#folder, digest.slice(0, 2), digest.slice(2));
  }
}
