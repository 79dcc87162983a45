import { deepEqual, equal, match } from "node:assert/strict";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { redisTest } from "../../../core/run/redis_testing.ts";
import { LONG_RUN } from "../../../core/run/testing.ts";
import { checkReachable } from "../queue.ts";
import { ServerProcess } from "../serve/testing.ts";
import { kvpim, kvpimProcess } from "../testing.ts";

function run(i: number) {
  return {
    kind: "simulate",
    experiment: {
      system: "dgx-attacc",
      model: "GPT-13B",
      lin: 64 + i,
      lout: 800,
      sparsity: { kvBudgets: [64, 128] },
    },
  };
}

/** A worker in a process of its own. */
async function startWorker(url: string) {
  const child = kvpimProcess(["worker", "--queue", url, "--workers", "1", "--no-cache"]).spawn();
  const errors = new Response(child.stderr).text();
  for await (const line of createInterface({ input: Readable.from(child.stdout) })) {
    if (line.startsWith("kvpim works")) break;
  }
  const end = async (signal: Deno.Signal) => {
    child.kill(signal);
    const { code } = await child.status;
    return { code, errors: await errors };
  };
  return { end };
}

async function state(server: ServerProcess, id: string): Promise<string> {
  return JSON.parse(await server.text(`/v1/runs/${id}?wait=1`)).state;
}

redisTest(
  "a worker makes the same names and bytes as the command line, and another takes over one that is killed",
  async ({ url }, folder) => {
    await using server = await ServerProcess.start(`${folder}/store`, "--queue", url);
    const first = await startWorker(url);
    const ids = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => (await server.submit(run(i))).id),
    );
    while (await state(server, ids[0]!) !== "done") await sleep(20);
    await first.end("SIGKILL");
    const second = await startWorker(url);
    for (const id of ids) {
      while (await state(server, id) !== "done") await sleep(20);
    }
    await Deno.writeTextFile(`${folder}/run.json`, JSON.stringify(run(7)));
    const { out } = await kvpim([
      "run",
      "submit",
      `${folder}/run.json`,
      "--json",
      "--store",
      `${folder}/local`,
    ]);
    const local = JSON.parse(out);
    equal(local.id, ids[7]);
    const shown = JSON.parse(await server.text(`/v1/runs/${ids[7]}`));
    deepEqual(
      shown.outputs.map(({ sha256 }: { sha256: string }) => sha256),
      local.outputs.map(({ digest }: { digest: string }) => digest),
    );
    const evaluation = {
      kind: "evaluate",
      promptTokens: 32,
      tokens: 4,
      policy: { name: "random" },
    };
    await Deno.writeTextFile(`${folder}/evaluation.json`, JSON.stringify(evaluation));
    const decoded = await server.submit(evaluation);
    while (await state(server, decoded.id) !== "done") await sleep(20);
    const args = ["run", "submit", `${folder}/evaluation.json`, "--json"];
    const alone = JSON.parse((await kvpim([...args, "--store", `${folder}/local`])).out);
    equal(decoded.id, alone.id);
    const { outputs } = JSON.parse(await server.text(`/v1/runs/${alone.id}`));
    deepEqual(
      outputs.map(({ sha256 }: { sha256: string }) => sha256),
      alone.outputs.map(({ digest }: { digest: string }) => digest),
    );
    deepEqual(await second.end("SIGTERM"), { code: 0, errors: "" });
    deepEqual(await server.stop(), { code: 0, errors: "" });
  },
);

redisTest("a cancelled run ends at its worker, which takes the next", async ({ url }, folder) => {
  await using server = await ServerProcess.start(`${folder}/store`, "--queue", url);
  const worker = await startWorker(url);
  const { id } = await server.submit(LONG_RUN);
  await sleep(1500);
  await (await fetch(`${server.url}/v1/runs/${id}`, { method: "DELETE" })).body?.cancel();
  equal(await state(server, id), "cancelled");
  equal((await server.submit(run(0), 60)).state, "done");
  await worker.end("SIGTERM");
});

redisTest(
  "server and worker end in good order without Redis, each saying in lines that it is away",
  async (redis, folder) => {
    await using server = await ServerProcess.start(`${folder}/store`, "--queue", redis.url);
    const worker = await startWorker(redis.url);
    await server.submit(LONG_RUN);
    await redis.kill();
    await server.submit(run(0));
    const ends = await Promise.all([server.stop(), worker.end("SIGTERM")]);
    for (const { code, errors } of ends) {
      equal(code, 0);
      match(errors, /^(kvpim: --queue: \S.*\n)*$/);
    }
  },
);

redisTest("a Redis that asks for a password is named in one line", async ({ url }, folder) => {
  for (const command of [["serve", "--port", "0", "--store", folder], ["worker"]]) {
    const { code, err } = await kvpim([...command, "--queue", url]);
    equal(code, 2);
    match(err, /^kvpim: --queue: expected Valkey or Redis at 127\.0\.0\.1 but found NOAUTH.*\n$/);
  }
  await checkReachable(url.replace("//", "//:secret@"));
}, ["--requirepass", "secret"]);

Deno.test("an address where nothing answers is named in one line", async () => {
  const { code, err } = await kvpim(["worker", "--queue", "redis://127.0.0.1:1"]);
  equal(code, 2);
  match(err, /^kvpim: --queue: expected Valkey or Redis at 127\.0\.0\.1 but found .+\n$/);
  const six = await kvpim(["worker", "--queue", "redis://[::1]:1"]);
  match(six.err, /at \[::1\] but found connect /);
  for (const address of ["http://x", "redis://:100%@127.0.0.1:1"]) {
    const wrong = await kvpim(["worker", "--queue", address]);
    match(wrong.err, /^kvpim: --queue: expected an address such as redis:/);
  }
});
