/**
 * A worker that does the work of runs, one after the other.
 *
 * @module
 */
import { openBuiltInMemory } from "../memory/built_in_memories.ts";
import type { MemoryModel } from "../memory/memory_model.ts";
import { RememberingMemory } from "../memory/remembering_memory.ts";
import { ResultStore } from "../memory/result_store.ts";
import type { Inputs, Output } from "./kinds/kind.ts";
import type { MemoryName } from "./kinds/memories.ts";
import { executeRun, type RunSpec } from "./run_spec.ts";

/** What a worker is sent. */
export interface RunWorkerRequest {
  readonly spec: RunSpec;
  readonly inputs: Inputs;
  /** Folder where memory results are kept, if they are. */
  readonly cache: string | undefined;
}

/** What it answers: how far it is, then one of the others. */
export type RunWorkerResponse =
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | { readonly kind: "outputs"; readonly outputs: readonly Output[] }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "broken"; readonly message: string };

/** Between two messages of progress. */
const PROGRESS_MS = 200;

const opened = new Map<string, Promise<MemoryModel>>();

function memoryOf(name: MemoryName, cache: string | undefined): Promise<MemoryModel> {
  const key = `${name} ${cache ?? ""}`;
  let memory = opened.get(key);
  if (!memory) {
    memory = openBuiltInMemory(name, { workers: 1 }).then((simulator) =>
      cache === undefined ? simulator : new RememberingMemory(simulator, ResultStore.open(cache))
    );
    opened.set(key, memory);
  }
  return memory;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<RunWorkerRequest>) => void;
  postMessage(response: RunWorkerResponse): void;
};

scope.onmessage = async ({ data: { spec, inputs, cache } }) => {
  try {
    const memory = await memoryOf(spec.memory, cache);
    const outputs = await executeRun(spec, { memory, inputs, onProgress: reporter() });
    scope.postMessage({ kind: "outputs", outputs });
  } catch (error) {
    scope.postMessage(answerTo(error));
  }
};

function reporter() {
  let next = 0;
  return (done: number, total: number) => {
    const now = performance.now();
    if (now < next && done < total) return;
    next = now + PROGRESS_MS;
    scope.postMessage({ kind: "progress", done, total });
  };
}

/** What the core refuses it says in words that a caller may read; anything else is a fault. */
function answerTo(error: unknown): RunWorkerResponse {
  if (error instanceof RangeError && /\bexpected\b/i.test(error.message)) {
    return { kind: "refused", message: error.message };
  }
  const message = error instanceof Error ? error.stack ?? error.message : String(error);
  return { kind: "broken", message };
}
