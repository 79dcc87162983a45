import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import { readTrace } from "../attention/trace_reader.ts";
import { evaluatedSteps } from "./kinds/evaluated_steps.ts";
import type { PluginRefusedError } from "./plugins/plugin_library.ts";
import { provenanceOf, readProvenance } from "./provenance.ts";
import type { RunRecord } from "./run_record.ts";
import type { RunService } from "./run_service.ts";
import { submitSweep, tableOfSweep } from "./sweep_service.ts";
import { renamed, sharedService, withService } from "./testing.ts";
import { replay, verifyRun } from "./verify.ts";

const MINUTE = 60_000;

/** A short evaluation. */
const SMALL = { kind: "evaluate", promptTokens: 48, tokens: 12, budget: 16 } as const;

/** A plugin for tests: selects the keys nearest to the query. */
const nearest = await builtComponent(new URL("../../wasm/sdk/testdata/nearest/", import.meta.url));
const hostile = await builtComponent(new URL("../../wasm/sdk/testdata/hostile/", import.meta.url));

/** With one thread for all tests, so that the model and the host are loaded once. */
const withEvaluator = sharedService({ width: 1 });

async function done(service: RunService, input: unknown): Promise<RunRecord> {
  service.start();
  const { run } = await service.submit(input);
  return await service.settled(run.id, MINUTE);
}

function text(service: RunService, run: RunRecord, name: string): string {
  return new TextDecoder().decode(bytes(service, run, name));
}

function bytes({ store }: RunService, { outputs }: RunRecord, name: string) {
  return store.blobs.get(outputs.find((output) => output.name === name)!.digest)!;
}

Deno.test(
  "an evaluation gives scores, what each token's step read, a trace and its budgets",
  withEvaluator(async (service) => {
    const run = await done(service, { ...SMALL, policy: { name: "starc" }, recall: true });
    equal(run.error, null);
    deepEqual(run.outputs.map(({ name }) => name), [
      "attention.trace",
      "budgets.txt",
      "output.csv",
      "output.json",
      "steps.csv",
    ]);
    const { row, usage, policy } = JSON.parse(text(service, run, "output.json"));
    ok(row.perplexity > 1 && row.perplexity < 4096);
    equal(row.predicted_tokens, 12);
    ok(row.recall > 0 && row.recall <= 1);
    ok(row.kept_tokens <= 16 && row.placed_rows16 >= 1);
    ok(usage.fuel > usage.mostFuelPerCall && usage.mostMemoryBytes > 0);
    equal(policy.name, "starc");
    const lines = text(service, run, "steps.csv").trim().split("\n");
    equal(lines.length, 13);
    match(lines[1]!, /^0,48,[\d.]+,,,$/, "the prompt's own pass predicts the first");
    const nlls = lines.slice(1).map((line) => Number(line.split(",")[2]));
    const mean = nlls.reduce((sum, nll) => sum + nll, 0) / nlls.length;
    ok(Math.abs(mean - row.nll) < 1e-12);
    const trace = await readTrace([bytes(service, run, "attention.trace")], "attention.trace");
    equal((await evaluatedSteps(trace)).length, 11);
    equal(text(service, run, "budgets.txt").trim().split("\n").length, 11);
  }),
);

Deno.test(
  "an evaluation verifies byte for byte, and its provenance does it elsewhere",
  withEvaluator(async (service) => {
    const { facts } = await service.plugins.upload(nearest);
    const policy = { component: `sha256:${facts.digest}` };
    const run = await done(service, { ...SMALL, policy });
    equal(run.error, null);
    equal((await verifyRun(run, service)).isSame, true);
    const value = JSON.parse(JSON.stringify(provenanceOf(run, service.store)));
    match(value.digests.arithmetic, /^[0-9a-f]{64}$/);
    equal(value.limits.memoryBytes, 2 ** 28);
    ok(value.usage.fuel > 0);
    equal(value.seed, 0);
    const { provenance, inputs } = readProvenance(value);
    await withService(async (other) => {
      const { outputs } = await replay(provenance, inputs, other);
      deepEqual(outputs.filter(({ isSame }) => !isSame), []);
    }, { width: 1 })();
  }),
);

Deno.test(
  "what determines an evaluation enters its name, and how it is written does not",
  withEvaluator(async (service) => {
    const { id: plain, spec } = (await service.submit(SMALL)).run;
    equal((await service.submit(spec)).run.id, plain, "the resolved spec is the same run");
    const id = async (more: object) =>
      service.idOf((await service.resolve({ ...SMALL, ...more })).spec);
    equal(await id({ policy: { name: "full" }, text: undefined }), plain);
    const text = { name: "a.txt", text: "It is a truth universally acknowledged. ".repeat(40) };
    for (
      const more of [
        { policy: { name: "random" } },
        { budget: 17 },
        { seed: 1 },
        { text },
        { recall: true },
        { protocol: "artifact" },
        { limits: { fuelPerCall: 10_000_000 } },
        { weights: "int8" },
      ]
    ) notEqual(await id(more), plain, JSON.stringify(more));
  }),
);

Deno.test(
  "with a system the steps are simulated, and a sweep weighs accuracy, latency and energy",
  withEvaluator(async (service) => {
    service.start();
    const system = { system: "dgx-attacc", model: "GPT-13B", gpu: "H100" };
    const sweep = {
      base: { ...SMALL, system },
      grid: { "/policy/name": ["full", "random"] },
    };
    const { id } = await submitSweep(service, sweep);
    for (const { run } of service.store.sweeps.points(id)) await service.settled(run.id, MINUTE);
    const { objectives, rows } = tableOfSweep(service, id);
    deepEqual(objectives.map(({ column }) => column), [
      "perplexity",
      "g_time (ms)",
      "g_energy (nJ)",
    ]);
    equal(rows.every(({ state }) => state === "done"), true);
    // Full attention under a system is what the system alone says of the same steps.
    const alone = await done(service, {
      kind: "simulate",
      experiment: { ...system, lin: 48, lout: 12 },
    });
    const { row } = JSON.parse(text(service, alone, "output.json"));
    equal(rows[0]!.figures!["g_time (ms)"], row["g_time (ms)"]);
  }),
);

Deno.test(
  "a simulation reads what the steps of an evaluation read",
  withEvaluator(async (service) => {
    const { id } = await done(service, { ...SMALL, policy: { name: "random" } });
    const experiment = (trace: object, lout: number) => ({
      kind: "simulate",
      experiment: { system: "dgx-attacc", model: "GPT-13B", lin: 48, lout, sparsity: { trace } },
    });
    const run = await done(service, experiment({ run: id }, 12));
    const kvBudgets = text(service, service.store.get(id)!, "budgets.txt").trim().split("\n")
      .map(Number);
    const listed = experiment({ run: id }, 12);
    Object.assign(listed.experiment, { sparsity: { kvBudgets } });
    equal((await service.submit(listed)).run.id, run.id);
    await rejects(service.submit(experiment({ run: id }, 13)), {
      pointer: "/experiment/sparsity/trace",
    });
    equal((await done(service, experiment({ run: id, repeat: true }, 40))).state, "done");
    await rejects(service.submit(experiment({ run: "0".repeat(64) }, 12)), {
      pointer: "/experiment/sparsity/trace/run",
    });
  }),
);

Deno.test(
  "a mistake of an evaluation says where it is",
  withEvaluator(async (service) => {
    for (
      const [more, pointer, message] of [
        [{ model: { name: "../../etc" } }, "/model/name", /one of tiny-llama/],
        [{ model: { name: "tiny-llama", digest: "0".repeat(64) } }, "/model/digest", /which tiny/],
        [{ policy: { name: "nobody" } }, "/policy/name", /one of .*starc/],
        [{ policy: {} }, "/policy", /name or the component/],
        [{ policy: { name: "infinigen" } }, "/policy", /no calibration/],
        [{ policy: { name: "quest", parameters: { size: 1 } } }, "/policy/parameters", /"size"/],
        [{ policy: { component: `sha256:${"0".repeat(64)}` } }, "/policy/component", /store/],
        [{ promptTokens: 1025 }, "/promptTokens", /at most 1023/],
        [{ tokens: 1000 }, "/tokens", /at most 977 after 48/],
        [{ denseLayers: [0, 6] }, "/denseLayers/1", /below 6/],
        [{ system: { ngpu: 41, model: "GPT-13B" } }, "/system/ngpu", /40/],
        [{ system: { lin: 4 } }, "/system/lin", /no such key/],
        [{ text: { name: "a.txt", text: "\ud800" } }, "/text/text", /half a character/],
        [{ text: { name: "\ud800", text: "a" } }, "/text/name", /half a character/],
      ] as const
    ) {
      await rejects(service.submit({ ...SMALL, ...more }), (error: Error & { pointer: string }) => {
        equal(error.pointer, pointer, error.message);
        match(error.message, message);
        return true;
      });
    }
    const short = await done(service, { ...SMALL, text: { name: "a.txt", text: "Two words" } });
    match(short.error!, /a\.txt: expected at least 60 tokens but found \d+/);
  }),
);

Deno.test(
  "a kept text is read as a file is: without its byte order mark, and in UTF-8 or not at all",
  withEvaluator(async (service) => {
    const kept = (bytes: Uint8Array) => `sha256:${service.store.blobs.put(bytes)}`;
    const words = "It is a truth universally acknowledged. ".repeat(10);
    const encoded = (text: string) => kept(new TextEncoder().encode(text));
    const run = (content: string) => done(service, { ...SMALL, text: { name: "a.txt", content } });
    const scores = (run: RunRecord) => JSON.parse(text(service, run, "output.json")).row;
    deepEqual(scores(await run(encoded(`\uFEFF${words}`))), scores(await run(encoded(words))));
    const content = kept(Uint8Array.of(...new TextEncoder().encode(words), 0xe9));
    await rejects(service.submit({ ...SMALL, text: { name: "a.txt", content } }), {
      pointer: "/text/content",
      message: /Expected text in UTF-8 but found the byte 0xe9 at offset 400$/,
    });
  }),
);

Deno.test(
  "a policy that misbehaves ends its run with what it did, and the next run is done",
  withEvaluator(async (service) => {
    const { facts } = await service.plugins.upload(hostile);
    const component = `sha256:${facts.digest}`;
    const deed = (name: string) => ({
      ...SMALL,
      policy: { component, parameters: { deed: name } },
    });
    match((await done(service, deed("trap"))).error!, /^the policy hostile: trapped/);
    match((await done(service, deed("index-out-of-range"))).error!, /broke the contract/);
    const endless = { ...deed("loop"), limits: { fuelPerCall: 100_000_000 } };
    match((await done(service, endless)).error!, /ran out of fuel: more than 100000000/);
    equal((await done(service, { ...SMALL, seed: 2 })).state, "done");
  }),
);

Deno.test(
  "a run under an endless policy is cancelled at once",
  withEvaluator(async (service) => {
    service.start();
    const { facts } = await service.plugins.upload(hostile);
    const policy = { component: `sha256:${facts.digest}`, parameters: { deed: "loop" } };
    const { run } = await service.submit({ ...SMALL, policy, limits: { fuelPerCall: 2 ** 40 } });
    // The first token is predicted without the policy, which is then asked for its selection.
    for await (const { type } of service.events(run.id, 0, new AbortController().signal)) {
      if (type === "progress") break;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    service.cancel(run.id);
    equal((await service.settled(run.id, 0)).state, "cancelled");
    equal((await done(service, { kind: "dram", program: { contextTokens: 64 } })).state, "done");
  }),
);

Deno.test(
  "what is no policy is refused with the reason, and what is used is not removed",
  withEvaluator(async (service) => {
    const refused = (component: Uint8Array, why: string) =>
      rejects(service.plugins.upload(component), (error: PluginRefusedError) => {
        equal(error.refusal.why, why, error.message);
        return true;
      });
    await refused(new TextEncoder().encode("no"), "not-a-component");
    await refused(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), "core-module");
    await refused(Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), "missing-export");
    const mine = renamed(nearest, "used");
    const first = await service.plugins.upload(mine);
    equal(first.isNew, true);
    equal((await service.plugins.upload(mine)).isNew, false);
    const { digest } = first.facts;
    await service.submit({ ...SMALL, policy: { component: `sha256:${digest}` } });
    let message = "";
    try {
      service.plugins.remove(digest);
    } catch (error) {
      message = (error as Error).message;
    }
    match(message, /1 run does/);
    const other = (await service.plugins.upload(renamed(nearest, "unused"))).facts.digest;
    equal(service.plugins.remove(other), true);
    equal(service.plugins.remove(other), false);
    equal(service.store.blobs.get(other), undefined);
  }),
);
