/**
 * Memory results kept on disk, shared by any number of processes.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { errorWords } from "../files/error_words.ts";
import type { MemoryResult } from "./memory_model.ts";

/** A store that cannot be used, with the file's name in its message. */
export class ResultStoreError extends Error {
  override readonly name = "ResultStoreError";
}

/** How long a process waits for another that writes. */
const BUSY_MS = 30_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS result (
    memory TEXT NOT NULL,
    program TEXT NOT NULL,
    cycles INTEGER NOT NULL,
    mac INTEGER NOT NULL,
    softmax INTEGER NOT NULL,
    mvgb INTEGER NOT NULL,
    mvsb INTEGER NOT NULL,
    wrgb INTEGER NOT NULL,
    PRIMARY KEY (memory, program)
  ) STRICT, WITHOUT ROWID`;

/**
 * Results by what determines them: the digest of the memory and the key of the program.
 *
 * @example
 * ```ts
 * import { ResultStore } from "./result_store.ts";
 * import { equal } from "node:assert/strict";
 *
 * using store = ResultStore.inMemory();
 * store.put("digest", [["program", {
 *   cycles: 115,
 *   mac: 4,
 *   softmax: 1,
 *   mvgb: 8,
 *   mvsb: 24,
 *   wrgb: 8,
 * }]]);
 * equal(store.get("digest", "program")?.cycles, 115);
 * equal(store.get("another digest", "program"), undefined);
 * ```
 */
export class ResultStore {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;

  private constructor(path: string) {
    this.#path = path;
    this.#database = new DatabaseSync(path);
    this.#database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    this.#database.exec("PRAGMA journal_mode = WAL");
    this.#database.exec("PRAGMA synchronous = NORMAL");
    this.#database.exec(SCHEMA);
    this.#select = this.#database.prepare(
      "SELECT cycles, mac, softmax, mvgb, mvsb, wrgb FROM result WHERE memory = ? AND program = ?",
    );
    this.#insert = this.#database.prepare(
      "INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
  }

  /**
   * Opens the store of a folder, which is made if it is not there.
   *
   * @throws {ResultStoreError} when the folder cannot be written or its file is no store
   */
  static open(folder: string): ResultStore {
    const path = join(folder, "results.sqlite");
    return guarded(path, () => {
      mkdirSync(dirname(path), { recursive: true });
      const store = new ResultStore(path);
      try {
        // A file that can only be read shows it at the first write.
        store.#database.exec("BEGIN IMMEDIATE; ROLLBACK");
      } catch (error) {
        store[Symbol.dispose]();
        throw error;
      }
      return store;
    });
  }

  /** A store that ends with the process. */
  static inMemory(): ResultStore {
    return new ResultStore(":memory:");
  }

  /** The result of a program in a memory, if it is known. */
  get(memory: string, program: string): MemoryResult | undefined {
    return guarded(this.#path, () => {
      const row = this.#select.get(memory, program);
      return row && { ...row } as unknown as MemoryResult;
    });
  }

  /** Keeps results, all of them or none. */
  put(memory: string, results: Iterable<readonly [program: string, result: MemoryResult]>) {
    guarded(this.#path, () => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        for (const [program, { cycles, mac, softmax, mvgb, mvsb, wrgb }] of results) {
          this.#insert.run(memory, program, cycles, mac, softmax, mvgb, mvsb, wrgb);
        }
        this.#database.exec("COMMIT");
      } catch (error) {
        this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  /** Closes the file. */
  [Symbol.dispose]() {
    this.#database.close();
  }
}

function guarded<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ResultStoreError) throw error;
    const found = errorWords(error, "reason");
    throw new ResultStoreError(`Expected a store of results at ${path} but found: ${found}`);
  }
}
