import { deepEqual, equal, throws } from "node:assert/strict";
import { chmodSync, readdirSync } from "node:fs";
import { RunStore } from "./run_store.ts";
import { openToRead } from "./store_file.ts";
import { checkVersion } from "./store_tables.ts";
import { inFolder, smallSpec } from "./testing.ts";

Deno.test({
  name: "a store that cannot be written is read, and says why it is not changed",
  // Whoever may write everything is not stopped by permissions.
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: inFolder((folder) => {
    const digests = { engine: "e", memory: "m" };
    const add = (store: RunStore) => store.submit(smallSpec(), digests).id;
    const made = () => {
      using store = RunStore.open(folder);
      return add(store);
    };
    const id = made();
    chmodSync(folder, 0o555);
    try {
      using store = RunStore.open(folder, { isThere: true });
      equal(store.get(id)?.state, "queued");
      equal(store.list({ limit: 9 }).length, 1);
      throws(() => add(store), { name: "StoreError", message: /readonly/ });
      throws(() => RunStore.open(folder), { name: "StoreError", message: /permission denied/ });
    } finally {
      chmodSync(folder, 0o755);
    }
  }),
});

Deno.test(
  "a file opened to read is not changed, and nothing is made beside it",
  inFolder((folder) => {
    RunStore.open(folder)[Symbol.dispose]();
    const before = readdirSync(folder);
    using database = openToRead(`${folder}/runs.sqlite`, checkVersion);
    equal(database.prepare("SELECT count(*) AS runs FROM run").get()?.runs, 0);
    throws(() => database.exec("DELETE FROM run"), /readonly/);
    deepEqual(readdirSync(folder), before);
  }),
);

Deno.test(
  "a file opened to read shows what another process has yet to put in it",
  inFolder((folder) => {
    using store = RunStore.open(folder);
    store.submit(smallSpec(), { engine: "e", memory: "m" });
    using database = openToRead(`${folder}/runs.sqlite`, checkVersion);
    equal(database.prepare("SELECT count(*) AS runs FROM run").get()?.runs, 1);
  }),
);
