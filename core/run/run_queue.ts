/**
 * Which process works on which run. A process holds a run by a lease it renews; a run whose process
 * ended is taken up by another when the lease is over.
 *
 * @module
 */
import { hostFacts } from "./host_facts.ts";
import type { RunEvents } from "./run_events.ts";
import type { OutputRecord, RunRecord } from "./run_record.ts";
import type { StoreDatabase } from "./store_database.ts";

/** Processes that may end on a run before it counts as failed: it may be what ends them. */
export const MOST_ATTEMPTS = 3;

/** The queue of a store. */
export class RunQueue {
  readonly #database: StoreDatabase;
  readonly #events: RunEvents;
  readonly #get: (id: string) => RunRecord;
  readonly #host = JSON.stringify(hostFacts());
  readonly #next;
  readonly #take;
  readonly #renew;
  readonly #held;
  readonly #progress;
  readonly #end;
  readonly #insertOutput;
  readonly #giveBack;
  readonly #cancel;

  constructor(database: StoreDatabase, events: RunEvents, get: (id: string) => RunRecord) {
    this.#database = database;
    this.#events = events;
    this.#get = get;
    this.#next = database.prepare(
      `SELECT id, attempts FROM run
       WHERE (state = 'queued' OR (state = 'running' AND lease_until < :now))
         AND (:id IS NULL OR id = :id)
       ORDER BY queued_at, rowid LIMIT 1`,
    );
    this.#take = database.prepare(
      `UPDATE run SET state = 'running', owner = ?, lease_until = ?, started_at = ?,
         attempts = attempts + 1, host = ?, progress_done = NULL, progress_total = NULL WHERE id = ?`,
    );
    this.#renew = database.prepare(
      "UPDATE run SET lease_until = ? WHERE owner = ? AND state = 'running'",
    );
    this.#held = database.prepare("SELECT id FROM run WHERE owner = ? AND state = 'running'");
    this.#progress = database.prepare(
      `UPDATE run SET progress_done = ?, progress_total = ?
       WHERE id = ? AND owner = ? AND state = 'running'`,
    );
    this.#end = database.prepare(
      `UPDATE run SET state = ?, finished_at = ?, error = ?, owner = NULL, lease_until = NULL
       WHERE id = ? AND owner = ? AND state = 'running'`,
    );
    this.#insertOutput = database.prepare(
      "INSERT OR REPLACE INTO output (run, name, digest, bytes) VALUES (?, ?, ?, ?)",
    );
    this.#giveBack = database.prepare(
      `UPDATE run SET state = 'queued', owner = NULL, lease_until = NULL, attempts = attempts - 1
       WHERE id = ? AND owner = ? AND state = 'running'`,
    );
    this.#cancel = database.prepare(
      `UPDATE run SET state = 'cancelled', finished_at = ?, owner = NULL, lease_until = NULL
       WHERE id = ? AND state IN ('queued', 'running')`,
    );
  }

  /**
   * Takes the run that waits longest.
   *
   * @param owner who takes it, unlike every other process and every other time
   * @param id only this run
   */
  claim(owner: string, leaseMs: number, id?: string): RunRecord | undefined {
    return this.#database.transaction(() => {
      for (;;) {
        const now = Date.now();
        const next = this.#next.get({ now, id: id ?? null });
        if (!next) return undefined;
        const found = String(next.id);
        this.#take.run(owner, now + leaseMs, now, this.#host, found);
        if (Number(next.attempts) < MOST_ATTEMPTS) {
          this.#events.add(found, "running", now, { attempt: Number(next.attempts) + 1 });
          return this.#get(found);
        }
        this.#fail(found, owner, `The process that ran it ended ${MOST_ATTEMPTS} times`);
      }
    });
  }

  /** Renews the leases of an owner and says which runs it still holds. */
  renew(owner: string, leaseMs: number): ReadonlySet<string> {
    return this.#database.transaction(() => {
      this.#renew.run(Date.now() + leaseMs, owner);
      return new Set(this.#held.all(owner).map(({ id }) => String(id)));
    });
  }

  /** Says how far a run is; nothing happens where the owner lost it. */
  progress(id: string, owner: string, done: number, total: number) {
    this.#database.transaction(() => {
      if (this.#progress.run(done, total, id, owner).changes === 0) return;
      this.#events.add(id, "progress", Date.now(), { done, total });
    });
  }

  /**
   * Ends a run with what it made, all of it at once.
   *
   * @returns whether the owner still held it
   */
  finish(id: string, owner: string, outputs: readonly OutputRecord[]): boolean {
    return this.#database.transaction(() => {
      const now = Date.now();
      if (this.#end.run("done", now, null, id, owner).changes === 0) return false;
      for (const { name, digest, bytes } of outputs) {
        this.#insertOutput.run(id, name, digest, bytes);
      }
      this.#events.add(id, "done", now);
      return true;
    });
  }

  /** Ends a run that cannot be done. */
  fail(id: string, owner: string, error: string) {
    this.#database.transaction(() => this.#fail(id, owner, error));
  }

  #fail(id: string, owner: string, error: string) {
    const now = Date.now();
    if (this.#end.run("failed", now, error, id, owner).changes === 0) return;
    this.#events.add(id, "failed", now, { error });
  }

  /** Puts a run back in its place in the queue: its process ends in good order. */
  giveBack(id: string, owner: string) {
    this.#database.transaction(() => {
      if (this.#giveBack.run(id, owner).changes > 0) this.#events.add(id, "queued", Date.now());
    });
  }

  /**
   * Cancels a run that is not over.
   *
   * @returns whether it was not over
   */
  cancel(id: string): boolean {
    return this.#database.transaction(() => {
      const now = Date.now();
      if (this.#cancel.run(now, id).changes === 0) return false;
      this.#events.add(id, "cancelled", now);
      return true;
    });
  }
}
