import { canonicalJson, type Json } from "./canonical_json.ts";
import type { RunRecord, RunState } from "./run_record.ts";
import type { Row, StoreDatabase } from "./store_database.ts";

/** One run of a sweep and what sets it apart. */
export interface SweepPoint {
  /** Values of the swept fields, by JSON pointer. */
  readonly point: Readonly<Record<string, Json>>;
  readonly run: RunRecord;
}

/** A sweep that a store knows. */
export interface SweepRecord {
  readonly id: string;
  /** As it was asked for, with defaults. */
  readonly spec: Json;
  readonly createdAt: number;
}

/** What a list says of a sweep, whose spec may hold tables. */
interface SweepSummary {
  readonly id: string;
  readonly createdAt: number;
  /** Kind of its runs, if it is one. */
  readonly kind: string | null;
  /** Model of its base, if that names one. */
  readonly model: string | null;
}

/** The sweeps of a store. */
export class SweepStore {
  readonly #database: StoreDatabase;
  readonly #get: (id: string) => RunRecord;
  readonly #insert;
  readonly #insertPoint;
  readonly #select;
  readonly #selectPoints;
  readonly #list;
  readonly #count;

  constructor(database: StoreDatabase, get: (id: string) => RunRecord) {
    this.#database = database;
    this.#get = get;
    this.#insert = database.prepare(
      "INSERT OR IGNORE INTO sweep (id, spec, created_at) VALUES (?, ?, ?)",
    );
    this.#insertPoint = database.prepare(
      "INSERT OR IGNORE INTO sweep_point (sweep, position, run, point) VALUES (?, ?, ?, ?)",
    );
    this.#select = database.prepare("SELECT * FROM sweep WHERE id = ?");
    this.#selectPoints = database.prepare(
      "SELECT run, point FROM sweep_point WHERE sweep = ? ORDER BY position",
    );
    this.#count = database.prepare(
      `SELECT state, count(*) AS runs FROM sweep_point JOIN run ON run.id = sweep_point.run
       WHERE sweep = ? GROUP BY state`,
    );
    // A spec may be nested more deeply than SQLite reads: what its grid replaces may be anything.
    this.#list = database.prepare(
      `SELECT id, created_at, json ->> '$.base.kind' AS kind,
         coalesce(json ->> '$.base.model.name', json ->> '$.base.experiment.model') AS model
       FROM (SELECT *, iif(json_valid(spec), spec, NULL) AS json FROM sweep)
       WHERE :before IS NULL
         OR (created_at, id) < (SELECT created_at, id FROM sweep WHERE id = :before)
       ORDER BY created_at DESC, id DESC LIMIT :limit`,
    );
  }

  /** Keeps a sweep whose runs are in the store; one that is known stays as it is. */
  put(id: string, spec: Json, points: readonly { run: string; point: SweepPoint["point"] }[]) {
    this.#database.transaction(() => {
      this.#insert.run(id, canonicalJson(spec), Date.now());
      points.forEach(({ run, point }, position) =>
        this.#insertPoint.run(id, position, run, canonicalJson(point))
      );
    });
  }

  /** A sweep by its id. */
  get(id: string): SweepRecord | undefined {
    const row = this.#select.get(id);
    return row && this.#recordOf(row);
  }

  /** Its runs, in order. */
  points(id: string): SweepPoint[] {
    return this.#selectPoints.all(id).map((row) => ({
      point: this.#database.json(row, "point", `sweep ${id}`),
      run: this.#get(String(row.run)),
    }));
  }

  /** How many of its runs are in each state. */
  counts(id: string): Record<RunState, number> {
    const counts = { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
    for (const { state, runs } of this.#count.all(id)) counts[state as RunState] = Number(runs);
    return counts;
  }

  /**
   * The newest first.
   *
   * @param before only older than this one
   */
  list(limit: number, before?: string): SweepSummary[] {
    return this.#list.all({ limit, before: before ?? null }).map((row) => ({
      id: String(row.id),
      createdAt: Number(row.created_at),
      kind: row.kind === null ? null : String(row.kind),
      model: row.model === null ? null : String(row.model),
    }));
  }

  #recordOf(row: Row): SweepRecord {
    return {
      id: String(row.id),
      spec: this.#database.json(row, "spec", `sweep ${row.id}`),
      createdAt: Number(row.created_at),
    };
  }
}
