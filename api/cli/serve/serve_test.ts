import { deepEqual, equal, ok } from "node:assert/strict";
import { smallRun } from "../../../core/run/testing.ts";
import { builtComponent } from "../../../wasm/sdk/build_cache.ts";
import { inFolder, kvpim } from "../testing.ts";
import { ServerProcess } from "./testing.ts";

const MINUTE = 60_000;

/** Waits until all runs are over. */
async function allOver(server: ServerProcess) {
  const end = performance.now() + 3 * MINUTE;
  for (;;) {
    const metrics = await server.text("/metrics");
    const going = [...metrics.matchAll(/^kvpim_runs\{state="(?:queued|running)"\} (\d+)$/gm)];
    if (going.every(([, runs]) => runs === "0")) return;
    ok(performance.now() < end, "the runs do not end");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

Deno.test(
  "the same spec from the command line and over HTTP has the same name and the same bytes",
  inFolder(async (folder) => {
    const spec = {
      kind: "simulate",
      experiment: {
        system: "dgx-attacc",
        model: "Mistral-7B",
        lout: 40,
        sparsity: { kvBudgetTable: { name: "kv.csv", text: "budget\n256.0\n512\n" } },
      },
    };
    const file = `${folder}/run.json`;
    await Deno.writeTextFile(file, JSON.stringify(spec));
    const { out } = await kvpim(["run", "submit", file, "--json", "--store", `${folder}/a`]);
    const { id, outputs } = JSON.parse(out);
    await using server = await ServerProcess.start(`${folder}/b`);
    equal((await server.submit(spec, 60)).id, id);
    await kvpim(["run", "export", id.slice(0, 9), `${folder}/out`, "--store", `${folder}/a`]);
    for (const { name } of outputs) {
      const exported = await Deno.readTextFile(`${folder}/out/${name}`);
      equal(await server.text(`/v1/runs/${id}/${name}`), exported, name);
    }
    // Byte for byte what kvpim simulate writes.
    await Deno.writeTextFile(`${folder}/kv.txt`, "256\n512\n");
    const csv = `${folder}/simulate.csv`;
    const args = ["--system", "dgx-attacc", "--model", "Mistral-7B", "--lout", "40", "--sparsity"];
    const table = ["--kv_budget_table", `${folder}/kv.txt`, "--output", csv];
    equal((await kvpim(["simulate", ...args, ...table])).code, 0);
    equal(await server.text(`/v1/runs/${id}/output.csv`), await Deno.readTextFile(csv));
  }),
);

Deno.test(
  "an evaluation, too: a component in the store of each is named by its digest",
  inFolder(async (folder) => {
    const component = new URL("../../../wasm/sdk/testdata/nearest/", import.meta.url);
    const wasm = `${folder}/nearest.wasm`;
    await Deno.writeFile(wasm, await builtComponent(component));
    const { out: added } = await kvpim(["run", "add-plugin", wasm, "--store", `${folder}/a`]);
    const [reference] = added.split(" ");
    const spec = {
      kind: "evaluate",
      promptTokens: 32,
      tokens: 6,
      budget: 8,
      policy: { component: reference },
    };
    const file = `${folder}/run.json`;
    await Deno.writeTextFile(file, JSON.stringify(spec));
    const { out } = await kvpim(["run", "submit", file, "--json", "--store", `${folder}/a`]);
    const { id, outputs } = JSON.parse(out);
    await using server = await ServerProcess.start(`${folder}/b`);
    const uploaded = await fetch(`${server.url}/v1/plugins`, {
      method: "POST",
      headers: { "content-type": "application/wasm" },
      body: await Deno.readFile(wasm),
    });
    equal((await uploaded.json()).reference, reference);
    equal((await server.submit(spec, 60)).id, id);
    const shown = JSON.parse(await server.text(`/v1/runs/${id}?wait=60`));
    deepEqual(
      shown.outputs.map(({ sha256 }: { sha256: string }) => sha256),
      outputs.map(({ digest }: { digest: string }) => digest),
    );
  }),
);

Deno.test(
  "killed in the middle of 50 runs and started again, every run ends done with the right bytes",
  inFolder(async (folder) => {
    const specs = Array.from({ length: 50 }, (_, i) => ({
      kind: "simulate",
      experiment: { system: "dgx-attacc", model: "GPT-13B", lin: 64 + i, lout: 1500 },
    }));
    let ids: string[] = [];
    {
      await using server = await ServerProcess.start(`${folder}/store`);
      ids = await Promise.all(specs.map(async (spec) => (await server.submit(spec)).id));
      while (!(await server.text("/metrics")).match(/^kvpim_runs\{state="done"\} [1-9]/m)) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const done = JSON.parse(await server.text("/v1/runs?state=done&limit=500")).runs.length;
      ok(done < 50, "all were done before the kill");
      await server.kill();
    }
    await using server = await ServerProcess.start(`${folder}/store`);
    await allOver(server);
    for (const id of ids) {
      equal(JSON.parse(await server.text(`/v1/runs/${id}`)).state, "done");
    }
    const check = ids[ids.length >> 1]!.slice(0, 12);
    equal((await kvpim(["run", "verify", check, "--store", `${folder}/store`])).code, 0);
    await using fresh = await ServerProcess.start(`${folder}/fresh`);
    for (const i of [0, 1, 2, 25, 49]) {
      equal((await fresh.submit(specs[i], 60)).id, ids[i]);
      const path = `/v1/runs/${ids[i]}/output.csv`;
      equal(await server.text(path), await fresh.text(path));
    }
  }),
);

Deno.test(
  "200 runs asked for at once all end",
  inFolder(async (folder) => {
    await using server = await ServerProcess.start(folder);
    const runs = await Promise.all(
      Array.from({ length: 200 }, (_, i) => server.submit(smallRun(i + 1))),
    );
    await allOver(server);
    equal(new Set(runs.map(({ id }) => id)).size, 200);
    const { runs: done } = JSON.parse(await server.text("/v1/runs?state=done&limit=500"));
    equal(done.length, 200);
    deepEqual(await server.stop(), { code: 0, errors: "" });
  }),
);

Deno.test(
  "wrong bodies and clients that leave cost the process no memory, and it ends in good order",
  inFolder(async (folder) => {
    await using server = await ServerProcess.start(folder);
    const bodies = [
      "{",
      "[]",
      "[".repeat(5000),
      '{"kind":"simulate","experiment":{"lin":0}}',
      "\0",
    ];
    const send = async (i: number) => {
      const leaving = new AbortController();
      const response = fetch(`${server.url}/v1/runs`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: bodies[i % bodies.length]!,
        signal: leaving.signal,
      });
      if (i % 10 === 0) leaving.abort();
      const status = await response.then((found) => found.body?.cancel().then(() => found.status))
        .catch(() => 0);
      ok(status! < 500, String(status));
    };
    const sendMany = async (count: number) => {
      for (let i = 0; i < count; i += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, k) => send(i + k)));
      }
    };
    await sendMany(4000);
    const before = await server.memory();
    await sendMany(6000);
    const growth = (await server.memory() - before) / 2 ** 20;
    ok(growth < 64, `${growth} MiB`);
    deepEqual(await server.stop(), { code: 0, errors: "" });
  }),
);
