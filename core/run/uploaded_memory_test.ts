import { equal, match, notEqual, rejects } from "node:assert/strict";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import { provenanceOf } from "./provenance.ts";
import type { RunService } from "./run_service.ts";
import { sharedService } from "./testing.ts";
import { verifyRun } from "./verify.ts";

const TESTDATA = new URL("../../wasm/sdk/testdata/", import.meta.url);
const ideal = await builtComponent(new URL("ideal/", TESTDATA));
const nearest = await builtComponent(new URL("nearest/", TESTDATA));

/** With one thread for all tests, so that the host is loaded once. */
const withOneService = sharedService({ width: 1 });

async function uploaded({ plugins }: RunService, component: Uint8Array): Promise<string> {
  return `sha256:${(await plugins.upload(component)).facts.digest}`;
}

Deno.test(
  "a run takes an uploaded memory model, whose digest is part of its name",
  withOneService(async (service) => {
    service.start();
    const program = { contextTokens: 100, keptTokens: 64, heads: 2 };
    const memory = await uploaded(service, ideal);
    const { run } = await service.submit({ kind: "dram", memory, program });
    const done = await service.settled(run.id, 60_000);
    equal(done.error, null);
    const output = done.outputs.find(({ name }) => name === "output.json")!;
    const { row } = JSON.parse(new TextDecoder().decode(service.store.blobs.get(output.digest)));
    equal(row.cycles, 128);
    equal(done.digests.memory, memory.slice("sha256:".length));
    notEqual((await service.submit({ kind: "dram", program })).run.id, run.id);
    equal((await verifyRun(done, service)).isSame, true);
    equal(provenanceOf(done, service.store).memoryLimits?.memoryBytes, 2 ** 28);
    const system = { system: "dgx-attacc", model: "GPT-13B", lin: 64, lout: 4 };
    const whole = await service.submit({ kind: "simulate", memory, experiment: system });
    equal((await service.settled(whole.run.id, 60_000)).error, null);
  }),
);

Deno.test(
  "a memory that a run cannot have is refused where it is named",
  withOneService(async (service) => {
    const refuses = (run: object, pointer: string, message: RegExp) =>
      rejects(service.submit(run), (error: Error & { pointer: string }) => {
        equal(error.pointer, pointer);
        match(error.message, message);
        return true;
      });
    const program = { contextTokens: 64 };
    const policy = await uploaded(service, nearest);
    const memory = await uploaded(service, ideal);
    await refuses({ kind: "dram", memory: policy, program }, "/memory", /found a policy/);
    await refuses(
      { kind: "dram", memory: `sha256:${"0".repeat(64)}`, program },
      "/memory",
      /component that this store has/,
    );
    await refuses(
      { kind: "dram", memory, program: { ...program, pim: "buffer" } },
      "/memory",
      /PIM at the bank with the memory ideal/,
    );
    await refuses({ kind: "dram", memory, program, commands: {} }, "/commands", /are known/);
    await refuses(
      { kind: "evaluate", policy: { component: memory } },
      "/policy/component",
      /memory/,
    );
  }),
);
