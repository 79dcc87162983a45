// Ends a run that computes for ever, in a plugin of others or in a memory of this repository, and
// waits until none of this process's threads computes: run in a process of its own, which must end.
import { cpuUsage } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { builtComponent } from "../../../wasm/sdk/build_cache.ts";
import { RunAbortedError, type RunRequest } from "../executor.ts";
import type { EvaluateSpec } from "../kinds/evaluate_spec.ts";
import type { RunService } from "../run_service.ts";
import { LONG_RUN, withService } from "../testing.ts";
import { WorkerHandle } from "../worker_handle.ts";

type Work = Omit<RunRequest, "id">;

const hostile = new URL("../../../wasm/sdk/testdata/hostile/", import.meta.url);

async function endlessPolicy(service: RunService): Promise<Work> {
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
  return { spec: { ...spec, limits } as EvaluateSpec, inputs };
}

/** Not for ever, but for hours. */
async function longProgram(service: RunService): Promise<Work> {
  const program = { ...LONG_RUN.program, headDim: 4096, queries: 16 };
  return await service.resolve({ ...LONG_RUN, program });
}

/** Waits until the process uses less than a fifth of a processor. */
async function idle() {
  for (let used = Infinity; used > 100_000;) {
    const before = cpuUsage();
    await sleep(500);
    const { user, system } = cpuUsage(before);
    used = user + system;
  }
}

const [work, begunMs] = Deno.args[0] === "policy" ? [endlessPolicy, 500] : [longProgram, 3000];
await withService(async (service) => {
  const handle = new WorkerHandle();
  // The policy is asked for its first selection after the first token, which tells of progress.
  const abort = () => sleep(begunMs).then(() => handle.abort());
  const running = handle.run({ id: "", ...await work(service) }, abort);
  if (work === longProgram) abort();
  try {
    await running;
  } catch (error) {
    if (!(error instanceof RunAbortedError)) throw error;
    await idle();
    await Deno.stdout.write(new TextEncoder().encode("idle"));
  }
})();
