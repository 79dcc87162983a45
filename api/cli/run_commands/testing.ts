/**
 * For tests only: stores with runs that are done.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { RunStore } from "../../../core/run/run_store.ts";
import { smallRun } from "../../../core/run/testing.ts";
import { kvpim, type Outcome } from "../testing.ts";

/** A store with runs that are done, in a folder beside the files that asked for them. */
export class DoneRuns {
  readonly folder: string;
  readonly ids: readonly string[];

  private constructor(folder: string, ids: readonly string[]) {
    this.folder = folder;
    this.ids = ids;
  }

  /** Makes them. */
  static async make(folder: string, runs = 1): Promise<DoneRuns> {
    const ids: string[] = [];
    for (let run = 0; run < runs; run++) {
      await Deno.writeTextFile(`${folder}/${run}.json`, JSON.stringify(smallRun(64 + run)));
      const args = ["submit", `${folder}/${run}.json`, "--json", "--store", `${folder}/store`];
      ids.push(JSON.parse((await kvpim(["run", ...args, "--no-cache"])).out).id);
    }
    return new DoneRuns(folder, ids);
  }

  /** Folder of the store. */
  get store(): string {
    return `${this.folder}/store`;
  }

  /** Runs a command of `kvpim run` on the store. */
  command(name: string, ...args: string[]): Promise<Outcome> {
    return kvpim(["run", name, ...args, "--store", this.store, "--no-cache"]);
  }

  /** Where the content of the first run's output is. */
  blob(name: string): string {
    using store = RunStore.open(this.store);
    const { digest } = store.get(this.ids[0]!)!.outputs.find((output) => output.name === name)!;
    return `${this.store}/blobs/${digest.slice(0, 2)}/${digest.slice(2)}`;
  }

  /** Changes the database behind the program's back. */
  change(sql: string) {
    using database = new DatabaseSync(`${this.store}/runs.sqlite`);
    database.exec(`PRAGMA foreign_keys = OFF; ${sql}`);
  }
}
