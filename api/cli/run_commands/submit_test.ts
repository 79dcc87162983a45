import { deepEqual, equal } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { LONG_RUN } from "../../../core/run/testing.ts";
import { RunStore } from "../../../core/run/run_store.ts";
import { inFolder, kvpimProcess } from "../testing.ts";

Deno.test({
  name: "an interrupted run waits in the queue and is charged no attempt",
  ignore: Deno.build.os === "windows",
  fn: inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/run.json`, JSON.stringify(LONG_RUN));
    const store = `${folder}/store`;
    using runs = RunStore.open(store);
    for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
      const args = ["run", "submit", `${folder}/run.json`, "--store", store, "--no-cache"];
      const child = kvpimProcess(args).spawn();
      while (runs.counts().running === 0) await sleep(20);
      child.kill(signal);
      equal((await child.output()).code, code);
      const [run] = runs.list({ limit: 1 });
      deepEqual([run?.state, run?.attempts], ["queued", 0]);
    }
  }),
});
