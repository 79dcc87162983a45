/**
 * Runs, what became of them and what they made: one SQLite file and a folder of content, shared by
 * any number of processes.
 *
 * @module
 */
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { BlobStore } from "./blob_store.ts";
import { canonicalJson } from "./canonical_json.ts";
import { PluginStore } from "./plugins/plugin_store.ts";
import type { OutputRecord, RunRecord, RunState } from "./run_record.ts";
import { RunEvents } from "./run_events.ts";
import { RunQueue } from "./run_queue.ts";
import { type Digests, runId, type RunSpec } from "./run_spec.ts";
import { type Row, StoreDatabase, type StoreDatabaseOptions } from "./store_database.ts";
import { SweepStore } from "./sweep_store.ts";

/** Which runs to list. */
interface RunFilter {
  readonly state?: RunState;
  readonly kind?: string;
  /** Most runs to give. */
  readonly limit: number;
  /** Only runs older than this one. */
  readonly before?: string;
}

/**
 * A store of runs.
 *
 * @example
 * ```ts
 * import { RunStore } from "./run_store.ts";
 * import { resolveRunSpec } from "./run_spec.ts";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   using store = RunStore.open(folder);
 *   const { spec } = await resolveRunSpec({ kind: "simulate" });
 *   const run = store.submit(spec, { engine: "e", memory: "m" });
 *   equal(run.state, "queued");
 *   equal(store.get(run.id)?.id, run.id);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class RunStore implements Disposable {
  /** Inputs and outputs. */
  readonly blobs: BlobStore;
  /** What processes that work on runs need. */
  readonly queue: RunQueue;
  readonly events: RunEvents;
  readonly sweeps: SweepStore;
  readonly plugins: PluginStore;
  readonly #database: StoreDatabase;
  /** Runs that are done, which never change again. */
  readonly #done = new LRUCache<string, RunRecord>({ max: 1000 });
  readonly #select;
  readonly #selectLike;
  readonly #selectOutputs;
  readonly #insert;
  readonly #requeue;
  readonly #list;
  readonly #count;

  private constructor(database: StoreDatabase, blobs: BlobStore) {
    this.#database = database;
    this.blobs = blobs;
    this.events = new RunEvents(database);
    this.queue = new RunQueue(database, this.events, (id) => this.get(id)!);
    this.plugins = new PluginStore(database);
    this.sweeps = new SweepStore(database, (id) => this.get(id)!);
    this.#select = database.prepare("SELECT * FROM run WHERE id = ?");
    this.#selectLike = database.prepare("SELECT id FROM run WHERE id >= ? AND id < ? LIMIT 2");
    this.#selectOutputs = database.prepare(
      "SELECT name, digest, bytes FROM output WHERE run = ? ORDER BY name",
    );
    this.#insert = database.prepare(
      `INSERT INTO run (id, kind, spec, digests, state, created_at, queued_at)
       VALUES (?, ?, ?, ?, 'queued', ?, ?)`,
    );
    this.#requeue = database.prepare(
      `UPDATE run SET state = 'queued', queued_at = ?, started_at = NULL, finished_at = NULL,
         attempts = 0, progress_done = NULL, progress_total = NULL, error = NULL
       WHERE id = ? AND (state IN ('failed', 'cancelled') OR (state = 'done' AND ?))`,
    );
    this.#list = database.prepare(
      `SELECT * FROM run
       WHERE (:state IS NULL OR state = :state) AND (:kind IS NULL OR kind = :kind)
         AND (:before IS NULL OR (created_at, id) < (SELECT created_at, id FROM run WHERE id = :before))
       ORDER BY created_at DESC, id DESC LIMIT :limit`,
    );
    this.#count = database.prepare("SELECT state, count(*) AS runs FROM run GROUP BY state");
  }

  /**
   * Opens the store of a folder, which is made if it is not there.
   *
   * @throws {StoreError} when the folder cannot be written or its file is no store
   */
  static open(folder: string, options?: StoreDatabaseOptions): RunStore {
    using opened = new DisposableStack();
    const blobs = new BlobStore(join(folder, "blobs"));
    const database = opened.use(new StoreDatabase(folder, options));
    const store = new RunStore(database, blobs);
    opened.move();
    return store;
  }

  /**
   * Has a run be done. A run that is known is not done again, unless it failed or was cancelled.
   * Its inputs must be in {@linkcode blobs} already.
   *
   * @param isLost whether one that is done is done again, since what it made is gone
   */
  submit(spec: RunSpec, digests: Digests, isLost = false): RunRecord {
    const id = runId(spec, digests);
    this.#database.transaction(() => {
      const known = this.#select.get(id);
      const now = Date.now();
      if (!known) {
        this.#insert.run(id, spec.kind, canonicalJson(spec), canonicalJson(digests), now, now);
      } else if (this.#requeue.run(now, id, Number(isLost)).changes === 0) return;
      this.#done.delete(id);
      this.events.add(id, "queued", now);
    });
    return this.get(id)!;
  }

  /** A run by its id. */
  get(id: string): RunRecord | undefined {
    const known = this.#done.get(id);
    if (known) return known;
    const row = this.#select.get(id);
    const run = row && this.#recordOf(row);
    if (run?.state === "done") this.#done.set(id, run);
    return run;
  }

  /**
   * What a finished run made.
   *
   * @throws {StoreError} when it is lost or damaged
   */
  output({ id, outputs }: RunRecord, name: string): Uint8Array<ArrayBuffer> {
    const output = outputs.find((output) => output.name === name);
    const what = `${name} of run ${id}`;
    if (output) return this.blobs.need(output.digest, what);
    throw this.#database.damaged(what, "none");
  }

  /** Whether all that a finished run made is here, whole. */
  isWhole({ outputs }: RunRecord): boolean {
    return outputs.length > 0 && outputs.every(({ digest }) => this.blobs.isWhole(digest));
  }

  /** Ids that begin in a way; two at most. */
  idsLike(beginning: string): string[] {
    return this.#selectLike.all(beginning, `${beginning}g`).map(({ id }) => String(id));
  }

  /** Runs, the newest first. */
  list({ state, kind, limit, before }: RunFilter): RunRecord[] {
    const given = { state: state ?? null, kind: kind ?? null, before: before ?? null, limit };
    return this.#list.all(given).map((row) => this.#recordOf(row));
  }

  /** How many runs there are in each state. */
  counts(): Record<RunState, number> {
    const counts = { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
    for (const { state, runs } of this.#count.all()) counts[state as RunState] = Number(runs);
    return counts;
  }

  /** @throws {StoreError} when it is not what was stored */
  #recordOf(row: Row): RunRecord {
    const id = String(row.id);
    const json = (name: string) => this.#database.json(row, name, `run ${id}`);
    const [spec, digests]: [RunSpec, Digests] = [json("spec"), json("digests")];
    if (runId(spec, digests) !== id) {
      throw this.#database.damaged(`the spec and digests that run ${id} is named by`, "others");
    }
    const number = (name: string) => row[name] === null ? null : Number(row[name]);
    const total = number("progress_total");
    return {
      id,
      spec,
      digests,
      state: row.state as RunState,
      createdAt: Number(row.created_at),
      startedAt: number("started_at"),
      finishedAt: number("finished_at"),
      attempts: Number(row.attempts),
      progress: total === null ? null : { done: number("progress_done") ?? 0, total },
      error: row.error === null ? null : String(row.error),
      host: row.host === null ? null : json("host"),
      outputs: row.state === "done" ? this.#outputsOf(id) : [],
    };
  }

  #outputsOf(id: string): OutputRecord[] {
    return this.#selectOutputs.all(id).map(({ name, digest, bytes }) => ({
      name: String(name),
      digest: String(digest),
      bytes: Number(bytes),
    }));
  }

  /** Closes the file. */
  [Symbol.dispose]() {
    this.#database[Symbol.dispose]();
  }
}
