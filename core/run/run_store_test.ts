import { deepEqual, equal, match, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { MOST_ATTEMPTS } from "./run_queue.ts";
import { RunStore } from "./run_store.ts";
import { StoreError } from "./store_error.ts";
import { inFolder, smallSpec } from "./testing.ts";

const DIGESTS = { engine: "e", memory: "m" };
const HOUR = 3_600_000;

const inStore = (test: (store: RunStore) => void) =>
  inFolder((folder) => {
    using store = RunStore.open(folder);
    test(store);
  });

const types = (store: RunStore, id: string) => store.events.after(id, 0).map(({ type }) => type);

Deno.test(
  "runs are taken in the order in which they were asked for, each once",
  inStore((store) => {
    const ids = [1, 2, 3].map((lin) => store.submit(smallSpec(lin), DIGESTS).id);
    deepEqual(ids.map(() => store.queue.claim("me", HOUR)?.id), ids);
    equal(store.queue.claim("another", HOUR), undefined);
  }),
);

Deno.test(
  "a run asked for again while it waits or once it is done is not done again",
  inStore((store) => {
    const { id } = store.submit(smallSpec(), DIGESTS);
    equal(store.submit(smallSpec(), DIGESTS).id, id);
    store.queue.claim("me", HOUR);
    store.queue.finish(id, "me", []);
    equal(store.submit(smallSpec(), DIGESTS).state, "done");
    deepEqual(types(store, id), ["queued", "running", "done"]);
  }),
);

Deno.test(
  "a run asked for again after it was cancelled waits again, without its past",
  inStore((store) => {
    const { id } = store.submit(smallSpec(), DIGESTS);
    equal(store.queue.cancel(id), true);
    const last = store.events.after(id, 0).at(-1)!.sequence;
    equal(store.submit(smallSpec(), DIGESTS).state, "queued");
    deepEqual(store.events.after(id, last).map(({ type }) => type), ["queued"]);
  }),
);

Deno.test(
  "another takes a run whose lease is over, and the first can no longer end it",
  inStore((store) => {
    const { id } = store.submit(smallSpec(), DIGESTS);
    store.queue.claim("first", -1);
    equal(store.queue.claim("second", HOUR)?.attempts, 2);
    equal(store.queue.finish(id, "first", []), false);
    store.queue.fail(id, "first", "too late");
    store.queue.progress(id, "first", 1, 2);
    deepEqual([...store.queue.renew("first", HOUR)], []);
    equal(store.get(id)!.state, "running");
    equal(store.get(id)!.progress, null);
    equal(store.queue.finish(id, "second", []), true);
  }),
);

Deno.test(
  "a lease that is renewed is not over",
  inStore((store) => {
    const { id } = store.submit(smallSpec(), DIGESTS);
    store.queue.claim("me", -1);
    deepEqual([...store.queue.renew("me", HOUR)], [id]);
    equal(store.queue.claim("another", HOUR), undefined);
  }),
);

Deno.test(
  "a run on which processes keep ending fails",
  inStore((store) => {
    const { id } = store.submit(smallSpec(), DIGESTS);
    for (let i = 0; i < MOST_ATTEMPTS; i++) equal(store.queue.claim(`${i}`, -1)?.id, id);
    equal(store.queue.claim("last", HOUR), undefined);
    equal(store.get(id)!.state, "failed");
    match(store.get(id)!.error!, /ended 3 times/);
  }),
);

Deno.test(
  "a run given back keeps its place and its attempts",
  inStore((store) => {
    const [first] = [1, 2].map((lin) => store.submit(smallSpec(lin), DIGESTS).id);
    store.queue.claim("me", HOUR);
    store.queue.giveBack(first!, "me");
    const again = store.queue.claim("another", HOUR)!;
    equal(again.id, first);
    equal(again.attempts, 1);
  }),
);

Deno.test(
  "of a run's progress only the last is kept, and none once it is over",
  inStore((store) => {
    const { id } = store.submit(smallSpec(), DIGESTS);
    store.queue.claim("me", HOUR);
    for (let done = 1; done <= 5; done++) store.queue.progress(id, "me", done, 9);
    deepEqual(types(store, id), ["queued", "running", "progress"]);
    deepEqual(store.events.after(id, 0).at(-1)!.data, { done: 5, total: 9 });
    store.queue.finish(id, "me", []);
    deepEqual(types(store, id), ["queued", "running", "done"]);
  }),
);

Deno.test(
  "cancelling ends a run that waits or goes on, and leaves one that is over",
  inStore((store) => {
    const [waiting, going, over] = [1, 2, 3].map((lin) => store.submit(smallSpec(lin), DIGESTS).id);
    store.queue.claim("me", HOUR, going);
    store.queue.claim("me", HOUR, over);
    store.queue.finish(over!, "me", []);
    deepEqual([waiting, going, over].map((id) => store.queue.cancel(id!)), [true, true, false]);
    equal(store.queue.finish(going!, "me", []), false);
    deepEqual(store.counts(), { queued: 0, running: 0, done: 1, failed: 0, cancelled: 2 });
  }),
);

Deno.test(
  "a list goes on where it stopped",
  inStore((store) => {
    for (let lin = 1; lin <= 5; lin++) store.submit(smallSpec(lin), DIGESTS);
    const all = store.list({ limit: 9 }).map(({ id }) => id);
    const first = store.list({ limit: 2 }).map(({ id }) => id);
    const rest = store.list({ limit: 9, before: first.at(-1)! }).map(({ id }) => id);
    deepEqual([...first, ...rest], all);
    equal(store.list({ limit: 9, state: "done" }).length, 0);
  }),
);

Deno.test(
  "content that was damaged is noticed, and mended when it is kept again",
  inFolder(async (folder) => {
    using store = RunStore.open(folder);
    const digest = store.blobs.put(Uint8Array.of(1, 2, 3));
    await Deno.writeFile(
      join(folder, "blobs", digest.slice(0, 2), digest.slice(2)),
      Uint8Array.of(1),
    );
    throws(() => store.blobs.get(digest), StoreError);
    store.blobs.put(Uint8Array.of(1, 2, 3));
    deepEqual(store.blobs.get(digest), Uint8Array.of(1, 2, 3));
  }),
);

Deno.test(
  "a file that is no store, and one of a later version, are refused",
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      join(folder, "runs.sqlite"),
      "not a database, but long enough".repeat(9),
    );
    throws(() => RunStore.open(folder), { name: "StoreError", message: /not a database/ });
    await Deno.remove(join(folder, "runs.sqlite"));
    new DatabaseSync(join(folder, "runs.sqlite")).exec("PRAGMA user_version = 99");
    throws(() => RunStore.open(folder), { name: "StoreError", message: /version 99/ });
  }),
);
