import { deepEqual, ok } from "node:assert/strict";
import { tinyLlama } from "../../../core/llm/tiny_llama.ts";
import { inFolder, withService } from "../../../core/run/testing.ts";
import { createApp } from "../app.ts";
import { withServer } from "../testing.ts";

Deno.test(
  "catalogues list what a run can name, each with a schema",
  withServer(async (caller) => {
    for (const name of ["models", "gpus", "profiles", "memories", "policies"]) {
      const { items, schema } = await (await caller.get(`/v1/${name}`)).json();
      ok(items.length > 0 && items.every((item: { name: string }) => item.name), name);
      ok(Object.keys(schema).length > 0, name);
    }
    const { items } = await (await caller.get("/v1/policies")).json();
    for (const { sparsity } of items) {
      const response = await caller.post("/v1/runs", {
        kind: "simulate",
        experiment: { sparsity },
      });
      ok(response.ok, JSON.stringify(sparsity));
      await response.body?.cancel();
    }
  }),
);

Deno.test(
  "a checkpoint that comes while the service runs is listed",
  inFolder(async (models) => {
    await withService(async (service) => {
      const app = createApp(service);
      await Deno.mkdir(`${models}/later`);
      await Deno.copyFile(`${tinyLlama}/config.json`, `${models}/later/config.json`);
      const { items } = await (await app.request("http://localhost/v1/checkpoints")).json();
      deepEqual(items, [{ name: "tiny-llama" }, { name: "later" }]);
    }, { models })();
  }),
);
