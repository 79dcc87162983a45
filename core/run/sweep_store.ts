import { canonicalJson, type Json } from "./canonical_json.ts";
import type { RunRecord } from "./run_record.ts";
import type { StoreDatabase } from "./store_database.ts";

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

/** The sweeps of a store. */
export class SweepStore {
  readonly #database: StoreDatabase;
  readonly #get: (id: string) => RunRecord;
  readonly #insert;
  readonly #insertPoint;
  readonly #select;
  readonly #selectPoints;
  readonly #list;

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
    this.#list = database.prepare("SELECT * FROM sweep ORDER BY created_at DESC, id LIMIT ?");
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
    return row && recordOf(row);
  }

  /** Its runs, in order. */
  points(id: string): SweepPoint[] {
    return this.#selectPoints.all(id).map(({ run, point }) => ({
      point: JSON.parse(String(point)),
      run: this.#get(String(run)),
    }));
  }

  /** The newest first. */
  list(limit: number): SweepRecord[] {
    return this.#list.all(limit).map(recordOf);
  }
}

function recordOf(row: Readonly<Record<string, unknown>>): SweepRecord {
  return {
    id: String(row.id),
    spec: JSON.parse(String(row.spec)),
    createdAt: Number(row.created_at),
  };
}
