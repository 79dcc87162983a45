/**
 * The SQLite file of a store.
 *
 * @module
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { StoreError } from "./store_error.ts";

/** How long a process waits for another that writes. */
const BUSY_MS = 30_000;

/** Version of the tables below. */
const SCHEMA_VERSION = 2;

/** What version 2 added. */
const PLUGIN_TABLE = `
  CREATE TABLE plugin (
    digest TEXT PRIMARY KEY,
    facts TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`;

const SCHEMA = `
  CREATE TABLE run (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    spec TEXT NOT NULL,
    digests TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    created_at INTEGER NOT NULL,
    queued_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    progress_done INTEGER,
    progress_total INTEGER,
    error TEXT,
    host TEXT,
    owner TEXT,
    lease_until INTEGER
  ) STRICT;
  CREATE INDEX run_waiting ON run (state, queued_at);
  CREATE INDEX run_created ON run (created_at, id);
  CREATE TABLE output (
    run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (run, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    at INTEGER NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_of_run ON event (run, sequence);
  CREATE TABLE sweep (
    id TEXT PRIMARY KEY,
    spec TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE sweep_point (
    sweep TEXT NOT NULL REFERENCES sweep (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    run TEXT NOT NULL REFERENCES run (id),
    point TEXT NOT NULL,
    PRIMARY KEY (sweep, position)
  ) STRICT, WITHOUT ROWID;
  ${PLUGIN_TABLE}`;

/** How a {@linkcode StoreDatabase} is opened. */
export interface StoreDatabaseOptions {
  /** Whether the store must be there already; nothing is then made. */
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
    let database: DatabaseSync | undefined;
    try {
      mkdirSync(folder, { recursive: true });
      database = new DatabaseSync(path);
      database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      database.exec("PRAGMA journal_mode = WAL");
      database.exec("PRAGMA synchronous = NORMAL");
      database.exec("PRAGMA foreign_keys = ON");
      this.#database = database;
      this.transaction(() => this.#createTables());
    } catch (error) {
      database?.close();
      throw this.#unusable(error);
    }
  }

  #createTables() {
    const version = this.#database.prepare("PRAGMA user_version").get()?.user_version;
    if (version === SCHEMA_VERSION) return;
    if (version === 0) this.#createAll();
    else if (version === 1) this.#database.exec(PLUGIN_TABLE);
    else throw new Error(`tables of version ${version}, not ${SCHEMA_VERSION}`);
    this.#database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  }

  #createAll() {
    const table = this.#database.prepare("SELECT name FROM sqlite_schema LIMIT 1").get();
    if (table) throw new Error(`tables of no version, such as ${JSON.stringify(table.name)}`);
    this.#database.exec(SCHEMA);
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
    this.#guarded(() => this.#database.exec("BEGIN IMMEDIATE"));
    try {
      const result = action();
      this.#guarded(() => this.#database.exec("COMMIT"));
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
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
