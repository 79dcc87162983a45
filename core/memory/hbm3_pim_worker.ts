/**
 * A worker that runs programs: it gets the compiled engine, then batches, and answers each.
 *
 * @module
 */
import type { AttentionProgram, MemoryResult } from "./memory_model.ts";
import { Runners } from "./runners.ts";

/** What a worker is sent: first the engine, then programs. */
export type WorkerRequest =
  | { readonly module: WebAssembly.Module }
  | { readonly programs: readonly AttentionProgram[] };

/** What it answers. */
export type WorkerResponse = { readonly results: readonly MemoryResult[] };

let runners: Runners | undefined;

const scope = self as unknown as {
  onmessage: (event: MessageEvent<WorkerRequest>) => void;
  postMessage(response: WorkerResponse): void;
};

scope.onmessage = ({ data }) => {
  if ("module" in data) {
    runners = new Runners(data.module);
    return;
  }
  const results = data.programs.map((program) => runners!.run(program));
  scope.postMessage({ results });
};
