/**
 * The SQLite file of a store.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
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

/** A database whose changes come in transactions. */
export class StoreDatabase implements Disposable {
  readonly #database: DatabaseSync;

  /**
   * Opens the file of a folder, which is made if it is not there.
   *
   * @throws {StoreError} when the folder cannot be written or its file is no store
   */
  constructor(folder: string) {
    const path = join(folder, "runs.sqlite");
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
      const found = error instanceof Error ? error.message : String(error);
      throw new StoreError(`Expected a store of runs at ${path} but found: ${found}`);
    }
  }

  #createTables() {
    const version = this.#database.prepare("PRAGMA user_version").get()?.user_version;
    if (version === SCHEMA_VERSION) return;
    if (version === 0) this.#database.exec(SCHEMA);
    else if (version === 1) this.#database.exec(PLUGIN_TABLE);
    else throw new Error(`tables of version ${version}, not ${SCHEMA_VERSION}`);
    this.#database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  }

  /** A statement to be run many times. */
  prepare(sql: string) {
    return this.#database.prepare(sql);
  }

  /** Makes all of an action's changes or none. */
  transaction<T>(action: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = action();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Closes the file. */
  [Symbol.dispose]() {
    this.#database.close();
  }
}
