import { setTimeout as sleep } from "node:timers/promises";
import { deepEqual, equal, match, notEqual, ok, rejects, throws } from "node:assert/strict";
import { provenanceOf, readProvenance } from "./provenance.ts";
import { RunService } from "./run_service.ts";
import { INTERNAL_ERROR } from "./execution.ts";
import { inFolder, LONG_RUN, smallRun, withService } from "./testing.ts";
import { replay, verifyRun } from "./verify.ts";

const MINUTE = 60_000;

Deno.test(
  "a run is done, and asked for again it is there",
  withService(async (service) => {
    service.start();
    const first = await service.submit(smallRun());
    equal(first.isStored, false);
    const done = await service.settled(first.run.id, MINUTE);
    equal(done.state, "done");
    deepEqual(done.outputs.map(({ name }) => name), ["output.csv", "output.json", "steps.csv"]);
    equal((await service.submit(smallRun())).isStored, true);
  }),
);

Deno.test(
  "budgets enter a run's name by what they are, not by how they were written",
  withService(async (service) => {
    const id = async (sparsity: object) =>
      (await service.submit({ kind: "simulate", experiment: { sparsity } })).run.id;
    const listed = await id({ kvBudgets: [256, 512] });
    equal(await id({ kvBudgetTable: { name: "a.txt", text: "# two\n256\n512\n" } }), listed);
    equal(await id({ kvBudgetTable: { name: "b.csv", text: "tokens\n256\n512\n" } }), listed);
    const { spec } = service.store.get(listed)!;
    equal((await service.submit(spec)).run.id, listed);
    notEqual(await id({ kvBudgets: [256, 513] }), listed);
  }),
);

Deno.test(
  "a run verifies, a changed byte shows, and its provenance does it elsewhere",
  withService(async (service) => {
    service.start();
    const sparsity = { kvBudgets: [16, 32] };
    const { run } = await service.submit({
      kind: "simulate",
      experiment: { system: "dgx-attacc", model: "GPT-13B", lout: 4, sparsity },
    });
    const done = await service.settled(run.id, MINUTE);
    equal((await verifyRun(done, service)).isSame, true);
    const wrong = done.outputs.map((output) => ({ ...output, digest: "0".repeat(64) }));
    equal((await verifyRun({ ...done, outputs: wrong }, service)).isSame, false);
    const text = JSON.stringify(provenanceOf(done, service.store));
    await inFolder(async (folder) => {
      await using elsewhere = await RunService.open({ folder });
      const { provenance, inputs } = readProvenance(JSON.parse(text));
      const { isSame, changed, id } = await replay(provenance, inputs, elsewhere);
      deepEqual({ isSame, changed, id }, { isSame: true, changed: [], id: done.id });
    })();
    const forged = JSON.parse(text.replaceAll("[16,32]", "[16,33]"));
    throws(() => readProvenance(forged), { name: "SpecError", message: /\/inputs/ });
  }),
);

Deno.test(
  "cancelling ends a run in the middle, and the thread takes the next",
  withService(async (service) => {
    service.start();
    const { run } = await service.submit(LONG_RUN);
    while (service.store.get(run.id)!.state !== "running") await service.settled(run.id, 10);
    equal(service.cancel(run.id), true);
    equal(service.store.get(run.id)!.state, "cancelled");
    equal(service.cancel(run.id), false);
    const next = (await service.submit(smallRun())).run;
    equal((await service.settled(next.id, MINUTE)).state, "done");
  }, { width: 1 }),
);

Deno.test(
  "a cancellation by another process ends a run at the next heartbeat",
  withService(async (service, folder) => {
    service.start();
    const { run } = await service.submit(LONG_RUN);
    while (service.store.get(run.id)!.state !== "running") await service.settled(run.id, 10);
    await using other = await RunService.open({ folder });
    other.cancel(run.id);
    while (service.active > 0) await sleep(10);
  }, { width: 1, leaseMs: 400 }),
);

Deno.test(
  "what does not fit the memory fails in its words",
  withService(async (service) => {
    service.start();
    const faults: unknown[] = [];
    const { run } = await service.submit({
      kind: "simulate",
      experiment: { system: "dgx-attacc", profile: "corrected", lin: 30_000, lout: 2, batch: 16 },
    });
    const failed = await service.settled(run.id, MINUTE);
    equal(failed.state, "failed");
    match(failed.error!, /^Expected the KV cache to fit .* but found/);
    deepEqual(faults, []);
  }),
);

Deno.test(
  "a fault of the program is logged, and the run says no more than that",
  inFolder(async (folder) => {
    const faults: unknown[] = [];
    await using service = await RunService.open({
      folder,
      width: 1,
      cache: `${folder}/runs.sqlite/no-folder`,
      onFault: (fault) => faults.push(fault),
    });
    service.start();
    const { run } = await service.submit(smallRun());
    const failed = await service.settled(run.id, MINUTE);
    equal(failed.state, "failed");
    equal(failed.error, INTERNAL_ERROR);
    equal(faults.length, 1);
  }),
);

Deno.test(
  "closing gives back what is not finished, and the next process does it",
  inFolder(async (folder) => {
    const ids: string[] = [];
    {
      await using service = await RunService.open({ folder, width: 1 });
      service.start();
      for (let lin = 1; lin <= 3; lin++) ids.push((await service.submit(smallRun(lin))).run.id);
      await sleep(50);
    }
    await using service = await RunService.open({ folder, width: 1 });
    service.start();
    for (const id of ids) equal((await service.settled(id, MINUTE)).state, "done");
  }),
);

Deno.test(
  "more runs than may wait are refused",
  withService(async (service) => {
    await service.submit(smallRun(1));
    await service.submit(smallRun(2));
    await rejects(service.submit(smallRun(3)), { name: "QueueFullError" });
    await service.submit(smallRun(2));
  }, { queueLimit: 2 }),
);

Deno.test(
  "events come in order, go on after one, and stop with the end",
  withService(async (service) => {
    const { run } = await service.submit(smallRun());
    const { signal } = new AbortController();
    const all: { sequence: number; type: string }[] = [];
    service.start();
    for await (const event of service.events(run.id, 0, signal)) all.push(event);
    equal(all[0]!.type, "queued");
    equal(all.at(-1)!.type, "done");
    ok(all.every(({ sequence }, i) => i === 0 || sequence > all[i - 1]!.sequence));
    const rest: string[] = [];
    for await (const { type } of service.events(run.id, all.at(-1)!.sequence - 1, signal)) {
      rest.push(type);
    }
    deepEqual(rest, ["done"]);
  }),
);

Deno.test("a store that cannot be written is refused", async () => {
  await rejects(RunService.open({ folder: "/proc/nowhere" }), { name: "StoreError" });
});
