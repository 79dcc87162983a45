// Ends a run whose plugin computes for ever, and waits until none of this process's threads computes:
// run in a process of its own, which must end.
import { cpuUsage } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { builtComponent } from "../../../wasm/sdk/build_cache.ts";
import type { EvaluateSpec } from "../kinds/evaluate_spec.ts";
import { RunAbortedError } from "../executor.ts";
import { withService } from "../testing.ts";
import { WorkerHandle } from "../worker_handle.ts";

const hostile = new URL("../../../wasm/sdk/testdata/hostile/", import.meta.url);

/** Waits until the process uses less than a fifth of a processor. */
async function idle() {
  for (let used = Infinity; used > 100_000;) {
    const before = cpuUsage();
    await sleep(500);
    const { user, system } = cpuUsage(before);
    used = user + system;
  }
}

await withService(async (service) => {
  const { facts } = await service.plugins.upload(await builtComponent(hostile));
  const { spec, inputs } = await service.resolve({
    kind: "evaluate",
    promptTokens: 48,
    tokens: 12,
    policy: { component: `sha256:${facts.digest}`, parameters: { deed: "loop" } },
    limits: { fuelPerCall: 2 ** 40 },
  });
  // Nothing but the end of the run is to end the call.
  const limits = { ...(spec as EvaluateSpec).limits, wallMsPerCall: 1e9 };
  const handle = new WorkerHandle();
  const request = { id: "", spec: { ...spec, limits } as EvaluateSpec, inputs };
  try {
    // The first token is predicted without the policy, which is then asked for its selection.
    await handle.run(request, () => sleep(500).then(() => handle.abort()));
  } catch (error) {
    if (!(error instanceof RunAbortedError)) throw error;
    await idle();
    await Deno.stdout.write(new TextEncoder().encode("idle"));
  }
})();
