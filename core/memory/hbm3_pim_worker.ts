/**
 * A worker that runs programs: it gets the compiled engine, then batches, and answers each.
 *
 * @module
 */
import { hbm3PimDevice } from "./hbm3_pim_device.ts";
import type { AttentionProgram, MemoryResult, PowerBudget } from "./memory_model.ts";
import { ProgramRunner } from "./program_runner.ts";

/** What a worker is sent: first the engine, then programs. */
export type WorkerRequest =
  | { readonly module: WebAssembly.Module }
  | { readonly programs: readonly AttentionProgram[] };

/** What it answers. */
export type WorkerResponse = { readonly results: readonly MemoryResult[] };

const runners = new Map<PowerBudget, ProgramRunner>();
let module: WebAssembly.Module | undefined;

function runnerFor(power: PowerBudget): ProgramRunner {
  let runner = runners.get(power);
  if (!runner) {
    runner = new ProgramRunner(module!, hbm3PimDevice(power));
    runners.set(power, runner);
  }
  return runner;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<WorkerRequest>) => void;
  postMessage(response: WorkerResponse): void;
};

scope.onmessage = ({ data }) => {
  if ("module" in data) {
    module = data.module;
    return;
  }
  scope.postMessage({
    results: data.programs.map((program) => runnerFor(program.power).run(program)),
  });
};
