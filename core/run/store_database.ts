/**
 * The SQLite file of a store.
 *
 * @module
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { StoreError } from "./store_error.ts";
import { openToChange, openToRead, whyUnwritable } from "./store_file.ts";
import { checkVersion, createTables } from "./store_tables.ts";

/** How a {@linkcode StoreDatabase} is opened. */
export interface StoreDatabaseOptions {
  /** Whether the store must be there already; nothing is then made, nor need it be writable. */
  readonly isThere?: boolean;
}

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** Values of a statement: one by one, or by name. */
type Values = SQLInputValue[] | [Record<string, SQLInputValue>];

/** A database whose changes come in transactions. What SQLite refuses is a {@linkcode StoreError}. */
export class StoreDatabase implements Disposable {
  readonly #path: string;
  readonly #database: DatabaseSync;

  /**
   * Opens the file of a folder, which is made if it is not there.
   *
   * @throws {StoreError} when the folder cannot be written or its file is no store
   */
  constructor(folder: string, { isThere = false }: StoreDatabaseOptions = {}) {
    const path = join(folder, "runs.sqlite");
    this.#path = path;
    if (isThere && !existsSync(path)) {
      throw new StoreError(`Expected a store of runs at ${path} but found none`);
    }
    try {
      this.#database = this.#openToChange(folder);
    } catch (error) {
      const obstacle = whyUnwritable(path);
      if (obstacle === undefined) throw this.#unusable(error);
      if (!isThere) throw this.#unusable(new Error(obstacle));
      this.#database = this.#openToRead();
    }
  }

  #openToChange(folder: string): DatabaseSync {
    mkdirSync(folder, { recursive: true });
    return openToChange(
      this.#path,
      (database) => inTransaction(database, () => createTables(database)),
    );
  }

  #openToRead(): DatabaseSync {
    try {
      return openToRead(this.#path, checkVersion);
    } catch (error) {
      throw this.#unusable(error);
    }
  }

  /**
   * A statement to be run many times.
   *
   * @throws {StoreError} when it, or running it, is beyond the tables that are there
   */
  prepare(sql: string) {
    const statement = this.#guarded(() => this.#database.prepare(sql));
    return {
      all: (...values: Values): Row[] =>
        this.#guarded(() => statement.all(...values as SQLInputValue[])),
      get: (...values: Values): Row | undefined =>
        this.#guarded(() => statement.get(...values as SQLInputValue[])),
      run: (...values: Values) => this.#guarded(() => statement.run(...values as SQLInputValue[])),
    };
  }

  /**
   * JSON that a row holds.
   *
   * @param of what it belongs to, for the message
   * @throws {StoreError} when it is none
   */
  json(row: Row, column: string, of: string) {
    try {
      return JSON.parse(String(row[column]));
    } catch {
      throw this.damaged(`JSON as the ${column} of ${of}`, "something else");
    }
  }

  /** An error that says what its file should hold but does not. */
  damaged(expected: string, found: string): StoreError {
    return new StoreError(`Expected ${expected} in ${this.#path} but found ${found}`);
  }

  /** Makes all of an action's changes or none. */
  transaction<T>(action: () => T): T {
    return this.#guarded(() => inTransaction(this.#database, action));
  }

  #guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw isOfSqlite(error) ? this.#unusable(error) : error;
    }
  }

  #unusable(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    const found = error instanceof Error ? error.message : String(error);
    return new StoreError(`Expected a store of runs at ${this.#path} but found: ${found}`);
  }

  /** Closes the file. */
  [Symbol.dispose]() {
    this.#database.close();
  }
}

function isOfSqlite(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
}

function inTransaction<T>(database: DatabaseSync, action: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = action();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
