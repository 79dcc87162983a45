/**
 * The tables of a store.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

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

/**
 * Makes the tables that are not there yet; within a transaction.
 *
 * @throws {Error} when there are others
 */
export function createTables(database: DatabaseSync) {
  const version = versionOf(database);
  if (version === SCHEMA_VERSION) return;
  if (version === 0) createAll(database);
  else if (version === 1) database.exec(PLUGIN_TABLE);
  else checkVersion(database);
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

/** @throws {Error} when the tables are of another version */
export function checkVersion(database: DatabaseSync) {
  const version = versionOf(database);
  if (version === SCHEMA_VERSION) return;
  throw new Error(`tables of version ${version}, not ${SCHEMA_VERSION}`);
}

function versionOf(database: DatabaseSync) {
  return database.prepare("PRAGMA user_version").get()?.user_version;
}

function createAll(database: DatabaseSync) {
  const table = database.prepare("SELECT name FROM sqlite_schema LIMIT 1").get();
  if (table) throw new Error(`tables of no version, such as ${JSON.stringify(table.name)}`);
  database.exec(SCHEMA);
}
