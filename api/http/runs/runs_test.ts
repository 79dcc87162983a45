import { equal, match, ok } from "node:assert/strict";
import { csvHeader } from "../../../core/system/csv.ts";
import { LONG_RUN, smallRun } from "../../../core/run/testing.ts";
import { withServer } from "../testing.ts";

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
