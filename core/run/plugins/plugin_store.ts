import type { Row, StoreDatabase } from "../store_database.ts";
import type { PluginFacts } from "./plugin_facts.ts";

/** A component that was uploaded. */
interface StoredPlugin extends PluginFacts {
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** What is known of the components of a store; their bytes are content of it. */
export class PluginStore {
  readonly #database: StoreDatabase;
  readonly #insert;
  readonly #select;
  readonly #list;
  readonly #remove;
  readonly #count;
  readonly #users;

  constructor(database: StoreDatabase) {
    this.#database = database;
    this.#insert = database.prepare(
      "INSERT OR IGNORE INTO plugin (digest, facts, created_at) VALUES (?, ?, ?)",
    );
    this.#select = database.prepare("SELECT * FROM plugin WHERE digest = ?");
    this.#list = database.prepare(
      `SELECT * FROM plugin
       WHERE :before IS NULL
         OR (created_at, digest) < (SELECT created_at, digest FROM plugin WHERE digest = :before)
       ORDER BY created_at DESC, digest DESC LIMIT :limit`,
    );
    this.#remove = database.prepare("DELETE FROM plugin WHERE digest = ?");
    this.#count = database.prepare("SELECT count(*) AS plugins FROM plugin");
    this.#users = database.prepare(
      "SELECT count(*) AS runs FROM run WHERE instr(spec, 'sha256:' || ?) > 0",
    );
  }

  /** Keeps what is known of a component; says whether it was not there. */
  put(facts: PluginFacts): boolean {
    return this.#insert.run(facts.digest, JSON.stringify(facts), Date.now()).changes > 0;
  }

  /** A component by its digest. */
  get(digest: string): StoredPlugin | undefined {
    const row = this.#select.get(digest);
    return row && this.#pluginOf(row);
  }

  /**
   * The newest first.
   *
   * @param before only older than the one of this digest
   */
  list(limit: number, before?: string): StoredPlugin[] {
    return this.#list.all({ limit, before: before ?? null }).map((row) => this.#pluginOf(row));
  }

  /** How many there are. */
  count(): number {
    return Number(this.#count.get()!.plugins);
  }

  /** How many runs refer to one. */
  users(digest: string): number {
    return Number(this.#users.get(digest)!.runs);
  }

  /** Forgets one; says whether it was there. */
  remove(digest: string): boolean {
    return this.#remove.run(digest).changes > 0;
  }

  #pluginOf(row: Row): StoredPlugin {
    const facts = this.#database.json(row, "facts", `component ${row.digest}`);
    return { ...facts, createdAt: Number(row.created_at) };
  }
}
