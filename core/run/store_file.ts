/**
 * Opening the SQLite file of a store.
 *
 * @module
 */
import { accessSync, constants, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { errorWords } from "../files/error_words.ts";
import { WholeFile } from "../files/whole_file.ts";

/** How long a process waits for another that writes. */
const BUSY_MS = 30_000;

/** Why a file that is there, or its folder, cannot be written, if so. The file is not opened. */
export function whyUnwritable(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    WholeFile.check(path);
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    return `one that cannot be written: ${errorWords(error, "reason")}`;
  }
}

/**
 * Opens a file to read and to change.
 *
 * @param prepare what is done first; the file is closed again if it throws
 */
export function openToChange(path: string, prepare: (database: DatabaseSync) => void) {
  return prepared(new DatabaseSync(path), (database) => {
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = NORMAL");
    database.exec("PRAGMA foreign_keys = ON");
    prepare(database);
  });
}

/** Opens a file that this process may not change; otherwise as {@linkcode openToChange}. */
export function openToRead(path: string, prepare: (database: DatabaseSync) => void) {
  const url = pathToFileURL(path);
  // SQLite would make files beside it to share its log. Where there is a log they are there, too:
  // another process may be at it.
  if (!existsSync(`${path}-wal`)) url.searchParams.set("immutable", "1");
  return prepared(new DatabaseSync(url, { readOnly: true }), prepare);
}

function prepared(
  database: DatabaseSync,
  prepare: (database: DatabaseSync) => void,
): DatabaseSync {
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    prepare(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
