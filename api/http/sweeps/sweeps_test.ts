import { deepEqual, equal, ok } from "node:assert/strict";
import { smallRun } from "../../../core/run/testing.ts";
import { withServer } from "../testing.ts";

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
