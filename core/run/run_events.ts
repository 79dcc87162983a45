import type { RunEvent, RunState } from "./run_record.ts";
import type { StoreDatabase } from "./store_database.ts";

/**
 * What happened to runs, in order. Of a run's progress only the last is kept, and none once its
 * state changes.
 */
export class RunEvents {
  readonly #database: StoreDatabase;
  readonly #insert;
  readonly #dropProgress;
  readonly #dropAll;
  readonly #after;

  constructor(database: StoreDatabase) {
    this.#database = database;
    this.#insert = database.prepare(
      "INSERT INTO event (run, type, at, data) VALUES (?, ?, ?, ?)",
    );
    this.#dropProgress = database.prepare("DELETE FROM event WHERE run = ? AND type = 'progress'");
    this.#dropAll = database.prepare("DELETE FROM event WHERE run = ?");
    this.#after = database.prepare(
      "SELECT sequence, type, at, data FROM event WHERE run = ? AND sequence > ? ORDER BY sequence",
    );
  }

  /** Adds an event; within a transaction. */
  add(run: string, type: RunState | "progress", at: number, data: RunEvent["data"] = {}) {
    if (type === "queued") this.#dropAll.run(run);
    else this.#dropProgress.run(run);
    this.#insert.run(run, type, at, JSON.stringify(data));
  }

  /** Events of a run that came after one. */
  after(run: string, sequence: number): RunEvent[] {
    return this.#after.all(run, sequence).map((row) => ({
      sequence: Number(row.sequence),
      type: row.type as RunEvent["type"],
      at: Number(row.at),
      data: this.#database.json(row, "data", `event ${row.sequence}`),
    }));
  }
}
