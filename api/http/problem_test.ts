import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { smallRun, withService } from "../../core/run/testing.ts";
import { createApp } from "./app.ts";
import { withServer } from "./testing.ts";

Deno.test(
  "parameters that are unknown, given twice or name nothing are problems",
  withServer(async (caller) => {
    const { id } = await (await caller.post("/v1/sweeps", { base: smallRun() })).json();
    await caller.done(smallRun());
    for (
      const [path, parameter, expected] of [
        ["/v1/runs?stat=done", "stat", "one of the parameters state, kind, limit, before"],
        ["/v1/runs?limit=5&limit=x", "limit", "one value"],
        ["/v1/runs?before=zzz", "before", "the id of one in the list"],
        ["/v1/sweeps?before=zzz", "before", "the id of one in the list"],
        ["/v1/plugins?before=zzz", "before", "the id of one in the list"],
        ["/v1/compare", "runs", "1 to 50 ids of runs with commas between"],
        [
          `/v1/sweeps/${id}/output.json?minimise=g_time (ms),nonsense`,
          "minimise",
          "names of figures with commas between",
        ],
      ] as const
    ) {
      const response = await caller.get(path);
      equal(response.status, 400, path);
      const problem = await response.json();
      deepEqual([problem.parameter, problem.expected], [parameter, expected]);
    }
  }),
);

Deno.test(
  "mistakes are problems that say where, what was expected and what was found",
  withServer(async (caller) => {
    const problem = async (response: Response) => {
      equal(response.headers.get("content-type"), "application/problem+json");
      const body = await response.json();
      equal(body.status, response.status);
      return body;
    };
    const wrong = await problem(await caller.post("/v1/runs", smallRun(0)));
    deepEqual(
      [wrong.status, wrong.pointer, wrong.expected, wrong.received],
      [400, "/experiment/lin", "a whole number from 1 to 16777216", "0"],
    );
    const query = await problem(await caller.post("/v1/runs?wait=x", smallRun()));
    deepEqual([query.status, query.parameter, query.received], [400, "wait", '"x"']);
    const send = (body: BodyInit, type: string) =>
      fetch(`${caller.url}/v1/runs`, {
        method: "POST",
        headers: { "content-type": type },
        body,
      });
    equal(
      (await problem(await send("{", "application/json"))).type,
      "urn:kvpim:problem:invalid-json",
    );
    const latin1 = await problem(await send(Uint8Array.of(0x22, 0xe4, 0x22), "application/json"));
    equal(latin1.detail, "Expected JSON in UTF-8 but found other bytes");
    equal((await problem(await send("{}", "text/plain"))).status, 415);
    equal((await problem(await send("1".repeat(2 ** 16), "application/json"))).status, 413);
    equal((await problem(await caller.get(`/v1/runs/${"0".repeat(64)}`))).status, 404);
    equal((await problem(await caller.get("/v2"))).status, 404);
    equal((await problem(await caller.get("/v1/compare?runs=x"))).status, 404);
    equal((await problem(await caller.get("/v1/compare"))).parameter, "runs");
  }, { bodyLimitBytes: 2 ** 15 }),
);

Deno.test(
  "a problem does not send back what was sent",
  withServer(async (caller) => {
    const long = "a".repeat(2 ** 20);
    const problems = [
      await caller.post("/v1/runs", { kind: "simulate", experiment: { [long]: 1 } }),
      await caller.post("/v1/sweeps", { base: smallRun(), grid: { [`/${long}`]: [1] } }),
      await caller.post("/v1/runs", {
        kind: "simulate",
        experiment: { sparsity: { kvBudgetTable: { name: "a.txt", text: long.slice(9) } } },
      }),
      await caller.get(`/v1/runs?${long.slice(0, 10_000)}=1`),
    ];
    for (const response of problems) {
      equal(response.status, 400);
      const text = await response.text();
      ok(text.length < 4000, text.slice(0, 200));
      match(JSON.parse(text).detail, /xpected .+ but found/);
    }
  }),
);

Deno.test(
  "a method that a path does not have is refused with those it has",
  withServer(async (caller) => {
    for (
      const [method, path, allow] of [
        ["PUT", "/v1/runs", "POST, GET, HEAD"],
        ["PATCH", "/v1/runs", "POST, GET, HEAD"],
        ["POST", "/v1/models", "GET, HEAD"],
        ["POST", `/v1/runs/${"0".repeat(64)}`, "GET, DELETE, HEAD"],
        ["DELETE", "/", "GET, HEAD"],
      ] as const
    ) {
      const response = await fetch(caller.url + path, { method });
      equal(response.status, 405, `${method} ${path}`);
      equal(response.headers.get("allow"), allow);
      equal((await response.json()).received, method);
    }
  }),
);

Deno.test(
  "no answer names a folder of the server",
  withService(async (service, folder) => {
    const app = createApp(service);
    const { run } = await service.submit(smallRun());
    await Deno.remove(`${folder}/blobs`, { recursive: true }).catch(() => {});
    const paths = [`/v1/runs/${run.id}`, "/v1/runs", "/v1/memories", "/openapi.json", "/nowhere"];
    for (const path of paths) {
      const text = await (await app.request(`http://localhost${path}`)).text();
      ok(!text.includes(folder) && !text.includes(Deno.cwd()), path);
    }
    notEqual(folder, "");
  }),
);

Deno.test(
  "a fault is logged, and its caller learns no more than that",
  withService(async (service) => {
    const faults: unknown[] = [];
    const app = createApp(service, { onFault: (fault) => faults.push(fault) });
    service.start();
    const { run } = await service.submit(smallRun());
    const done = await service.settled(run.id, 60_000);
    const digest = done.outputs.find(({ name }) => name === "output.csv")!.digest;
    service.store.blobs.get = () => undefined;
    const response = await app.request(`http://localhost/v1/runs/${run.id}/output.csv`);
    equal(response.status, 500);
    ok(!(await response.text()).includes(digest));
    equal(response.headers.get("etag"), null);
    equal(faults.length, 1);
  }),
);
