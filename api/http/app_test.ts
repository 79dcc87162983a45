import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { csvHeader } from "../../core/system/csv.ts";
import { tinyLlama } from "../../core/llm/tiny_llama.ts";
import { inFolder, LONG_RUN, smallRun, withService } from "../../core/run/testing.ts";
import { createApp } from "./app.ts";
import { serve } from "./serve.ts";
import { withServer } from "./testing.ts";

Deno.test(
  "a run is asked for, followed to its place, and its files fetched",
  withServer(async (caller) => {
    const response = await caller.post("/v1/runs", smallRun());
    equal(response.status, 202);
    equal(response.headers.get("retry-after"), "1");
    const place = response.headers.get("location")!;
    const { id } = await response.json();
    equal(place, `/v1/runs/${id}`);
    const run = await (await caller.get(`${place}?wait=60`)).json();
    equal(run.state, "done");
    equal(run.result.row.model, "GPT-13B");
    for (const { href, sha256, bytes } of run.outputs) {
      const file = await caller.get(href);
      equal(file.status, 200);
      equal(file.headers.get("etag"), `"${sha256}"`);
      equal((await file.arrayBuffer()).byteLength, bytes);
    }
    const csv = await (await caller.get(`${place}/output.csv`)).text();
    equal(csv.split("\n")[0], csvHeader);
    const provenance = await (await caller.get(`${place}/provenance.json`)).json();
    equal(provenance.id, id);
  }),
);

Deno.test(
  "a step's program is a run of its own, with the commands that issue and the step's cycles",
  withServer(async (caller) => {
    const { id } = await caller.done(smallRun());
    const steps = (await (await caller.get(`/v1/runs/${id}/steps.csv`)).text()).split("\n");
    const program = await (await caller.get(`/v1/runs/${id}/steps/2`)).json();
    equal(program.program.contextTokens, 64 + 3);
    const { id: step, result } = await caller.done(program);
    equal(String(result.row.cycles), steps[3]!.split(",")[4]);
    const commands = (await (await caller.get(`/v1/runs/${step}/commands.csv`)).text()).trim()
      .split("\n");
    equal(commands[0], "cycle,command,channel,pseudochannel,rank,bankgroup,bank,row,column");
    ok(commands.length > 20);
    const cycles = commands.slice(1).map((line) => Number(line.split(",")[0]));
    ok(cycles.every((cycle, i) => i === 0 || cycle >= cycles[i - 1]!));
    equal((await caller.get(`/v1/runs/${id}/steps/3`)).status, 404);
  }),
);

Deno.test(
  "what is done is answered at once, may be kept for ever, and is not sent twice",
  withServer(async (caller) => {
    const { id } = await caller.done(smallRun());
    const again = await caller.post("/v1/runs", smallRun());
    equal(again.status, 200);
    equal((await again.json()).result.row.model, "GPT-13B");
    for (const path of [`/v1/runs/${id}`, `/v1/runs/${id}/output.csv`]) {
      const first = await caller.get(path);
      match(first.headers.get("cache-control")!, /immutable/);
      await first.body?.cancel();
      const second = await caller.get(path, { "if-none-match": first.headers.get("etag")! });
      equal(second.status, 304);
      equal(await second.text(), "");
    }
  }),
);

Deno.test(
  "of an output that there is not nothing is known, whatever the caller has",
  withServer(async (caller) => {
    const { id } = await caller.done(smallRun());
    const file = await caller.get(`/v1/runs/${id}/commands.csv`, { "if-none-match": "*" });
    equal(file.status, 404);
    equal(file.headers.get("etag"), null);
    equal(file.headers.get("content-disposition"), null);
    equal(file.headers.get("cache-control"), "no-store");
    await file.body?.cancel();
    const csv = await caller.get(`/v1/runs/${id}/output.csv`);
    equal(
      csv.headers.get("content-disposition"),
      `inline; filename="${id.slice(0, 12)}-output.csv"`,
    );
    await csv.body?.cancel();
  }),
);

Deno.test(
  "a run that goes on is shown, not kept, and has no files yet",
  withServer(async (caller) => {
    const { id, state } = await (await caller.post("/v1/runs", LONG_RUN)).json();
    match(state, /queued|running/);
    const shown = await caller.get(`/v1/runs/${id}`);
    equal(shown.headers.get("cache-control"), "no-store");
    await shown.body?.cancel();
    const file = await caller.get(`/v1/runs/${id}/output.csv`);
    equal(file.status, 409);
    equal(file.headers.get("retry-after"), "1");
    match((await file.json()).received, /queued|running/);
    const waited = await caller.post("/v1/runs?wait=1", LONG_RUN);
    equal(waited.status, 202);
    await waited.body?.cancel();
  }),
);

Deno.test(
  "a run is cancelled once, and asked for again it waits again",
  withServer(async (caller) => {
    const { id } = await (await caller.post("/v1/runs", LONG_RUN)).json();
    const remove = () => fetch(`${caller.url}/v1/runs/${id}`, { method: "DELETE" });
    equal((await (await remove()).json()).state, "cancelled");
    const second = await remove();
    equal(second.status, 200, "cancelling twice is what cancelling once is");
    await second.body?.cancel();
    equal((await caller.post("/v1/runs", LONG_RUN)).status, 202);
    await (await remove()).body?.cancel();
    const { id: over } = await caller.done(smallRun());
    const late = await fetch(`${caller.url}/v1/runs/${over}`, { method: "DELETE" });
    equal(late.status, 409);
    await late.body?.cancel();
  }, { width: 1 }),
);

Deno.test(
  "runs are listed page by page",
  withServer(async (caller) => {
    for (let lin = 1; lin <= 5; lin++) await caller.done(smallRun(lin));
    const ids: string[] = [];
    let next: string | null = "/v1/runs?limit=2&state=done&kind=simulate";
    while (next) {
      const page: { runs: { id: string }[]; next: string | null } = await (await caller.get(next))
        .json();
      ids.push(...page.runs.map(({ id }) => id));
      next = page.next;
    }
    equal(new Set(ids).size, 5);
  }),
);

Deno.test(
  "sweeps are listed page by page, without what they ask for",
  withServer(async (caller) => {
    let deep: unknown = 1;
    for (let i = 0; i < 3000; i++) deep = [deep];
    const sweeps = [
      { base: smallRun(), grid: { "/experiment/lin": [1, 2] } },
      {
        base: { kind: "dram", program: { contextTokens: deep } },
        grid: { "/program/contextTokens": [8] },
      },
      { base: { kind: "simulate", experiment: { lout: 4 } } },
    ];
    for (const sweep of sweeps) {
      const response = await caller.post("/v1/sweeps", sweep);
      equal(response.status, 202);
      await response.body?.cancel();
    }
    const found: { kind: string; model: string; spec?: unknown }[] = [];
    let next: string | null = "/v1/sweeps?limit=2";
    while (next) {
      const page: { sweeps: typeof found; next: string | null } = await (await caller.get(next))
        .json();
      ok(page.sweeps.length <= 2);
      found.push(...page.sweeps);
      next = page.next;
    }
    deepEqual(
      found.map(({ kind, model, spec }) => `${kind} ${model} ${spec}`).sort(),
      ["null null undefined", "simulate GPT-13B undefined", "simulate null undefined"],
    );
  }),
);

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
  "more runs than may wait are put off",
  withServer(async (caller) => {
    await (await caller.post("/v1/runs", LONG_RUN)).body?.cancel();
    while (caller.service.store.counts().running === 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await (await caller.post("/v1/runs", smallRun(1))).body?.cancel();
    const full = await caller.post("/v1/runs", smallRun(2));
    equal(full.status, 429);
    ok(Number(full.headers.get("retry-after")) > 0);
    await full.body?.cancel();
  }, { queueLimit: 1, width: 1 }),
);

Deno.test(
  "sweeps are asked for, followed and read as a table",
  withServer(async (caller) => {
    const sweep = { base: smallRun(), grid: { "/experiment/batch": [1, 2] } };
    const response = await caller.post("/v1/sweeps", sweep);
    equal(response.status, 202);
    const { links, runs } = await response.json();
    equal(runs.queued + runs.running + runs.done, 2);
    let isOver = false;
    while (!isOver) ({ isOver } = await (await caller.get(links.self)).json());
    const { rows } = await (await caller.get(links.json)).json();
    deepEqual(rows.map(({ state }: { state: string }) => state), ["done", "done"]);
    equal((await (await caller.get(links.csv)).text()).split("\n").length, 4);
    const ids = rows.map(({ run }: { run: string }) => run);
    const compared = await (await caller.get(`/v1/compare?runs=${ids}`)).json();
    deepEqual(compared.differences, { "/experiment/batch": [1, 2] });
    equal(compared.runs[0].latency.relative, 1);
    const bad = await caller.post("/v1/sweeps", { base: {}, grid: {} });
    equal((await bad.json()).pointer, "/base/kind");
  }),
);

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

Deno.test(
  "the OpenAPI document describes every route, and Swagger UI needs no other host",
  withServer(async (caller) => {
    const document = await (await caller.get("/openapi.json")).json();
    equal(document.openapi, "3.1.0");
    const described = Object.keys(document.paths);
    for (
      const path of [
        "/v1/runs",
        "/v1/runs/{id}/events",
        "/v1/runs/{id}/trace",
        "/v1/plugins",
        "/v1/sweeps",
        "/v1/compare",
        "/metrics",
      ]
    ) {
      ok(described.includes(path), path);
    }
    const { schema } = document.paths["/v1/runs"].post.requestBody.content["application/json"];
    equal(schema.oneOf[0].properties.experiment.properties.lin.default, 2048);
    for (
      const [path, methods] of Object.entries<Record<string, { responses: object }>>(document.paths)
    ) {
      for (const { responses } of Object.values(methods)) {
        equal("401" in responses && "403" in responses, path !== "/healthz", path);
      }
    }
    ok("304" in document.paths["/v1/runs/{id}/provenance.json"].get.responses);
    const { parameters } = document.paths["/v1/runs/{id}/events"].get;
    ok(parameters.some(({ name }: { name: string }) => name === "Last-Event-ID"));
    const start = await (await caller.get("/")).text();
    match(start, /<noscript>[^]*href="\/openapi.json"[^]*<\/noscript>/, "Swagger UI is a script");
    const page = await (await caller.get("/docs")).text();
    ok(!/https?:\/\//.test(page));
    for (const [, path] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const file = await caller.get(path!);
      equal(file.status, 200, path);
      await file.body?.cancel();
    }
  }),
);

Deno.test(
  "metrics count requests by route and runs by state",
  withServer(async (caller) => {
    const { id } = await caller.done(smallRun());
    await (await caller.get(`/v1/runs/${id}`)).body?.cancel();
    const text = await (await caller.get("/metrics")).text();
    match(text, /^kvpim_runs\{state="done"\} 1$/m);
    match(
      text,
      /^kvpim_http_requests_total\{method="GET",route="\/v1\/runs\/:id",status="200"\} 1$/m,
    );
    ok(!text.includes(id));
  }),
);

Deno.test(
  "metrics do not grow with the methods that callers make up",
  withServer(async (caller) => {
    for (const method of ["MAKE", "MADE", "UP"]) {
      await (await fetch(`${caller.url}/v1/runs`, { method })).body?.cancel();
    }
    const text = await (await caller.get("/metrics")).text();
    match(text, /^kvpim_http_requests_total\{method="other",route="[^"]*",status="405"\} 3$/m);
    ok(!/MA[KD]E|UP/.test(text));
  }),
);

Deno.test(
  "without a token only names of this machine are answered, and no other site may change anything",
  withService(async (service) => {
    const app = createApp(service);
    const ask = (url: string, init: RequestInit = {}) => app.request(url, init);
    for (const host of ["localhost:1", "127.0.0.1", "[::1]:80"]) {
      equal((await ask(`http://${host}/v1/models`)).status, 200, host);
    }
    equal((await ask("http://evil.example/v1/models")).status, 403);
    equal((await ask("http://localhost.evil.example/v1/models")).status, 403);
    const crossSite = await ask("http://localhost/v1/runs", {
      method: "POST",
      headers: { "sec-fetch-site": "cross-site", "content-type": "application/json" },
      body: "{}",
    });
    equal(crossSite.status, 403);
    const preflight = await ask("http://localhost/v1/runs", {
      method: "OPTIONS",
      headers: { origin: "http://evil.example", "access-control-request-method": "POST" },
    });
    equal(preflight.headers.get("access-control-allow-origin"), null);
  }),
);

Deno.test(
  "with a token nobody is answered without it, from wherever",
  withServer(async (caller) => {
    equal((await caller.get("/v1/models")).status, 401);
    equal((await caller.get("/v1/models", { authorization: "Bearer wrong" })).status, 401);
    for (const authorization of ["Bearer secret", `Basic ${btoa("anyone:secret")}`]) {
      const response = await caller.get("/v1/models", { authorization });
      equal(response.status, 200, authorization);
      await response.body?.cancel();
    }
    equal((await caller.get("/healthz")).status, 200);
  }, { token: "secret" }),
);

Deno.test(
  "an address that others can reach needs a token",
  withService((service) => {
    let message = "";
    try {
      serve(service, { hostname: "0.0.0.0", port: 0 });
    } catch (error) {
      message = (error as Error).message;
    }
    match(message, /^Expected a token to listen on 0\.0\.0\.0/);
    return Promise.resolve();
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
