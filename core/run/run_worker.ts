/**
 * A worker that does the work of runs, one after the other.
 *
 * @module
 */
import { EvaluationInputError } from "../eval/input_error.ts";
import { DEFAULT_LIMITS } from "../host/limits.ts";
import { PluginFailure } from "../host/outcome.ts";
import { Stopped, StopSignal } from "../host/stop_signal.ts";
import { TranspileCache } from "../host/transpile_cache.ts";
import { openBuiltInMemory } from "../memory/built_in_memories.ts";
import { PluginMemory } from "../memory/plugin_memory.ts";
import type { MemoryModel } from "../memory/memory_model.ts";
import { RememberingMemory } from "../memory/remembering_memory.ts";
import { ResultStore } from "../memory/result_store.ts";
import type { Inputs, Output } from "./kinds/kind.ts";
import { RUN_LIMITS } from "./kinds/evaluate_schema.ts";
import { isUploaded, type MemoryName } from "./kinds/memories.ts";
import { ModelFolder } from "./model_folder.ts";
import { executeRun, type RunSpec } from "./run_spec.ts";

/** Folders that a worker uses. */
export interface WorkFolders {
  /** Where memory results are kept, if they are. */
  readonly cache?: string | undefined;
  /** Checkpoints that runs can name, beside the one of this repository. */
  readonly models?: string | undefined;
}

/** What a worker is sent. */
export interface RunWorkerRequest {
  readonly spec: RunSpec;
  readonly inputs: Inputs;
  readonly folders: WorkFolders;
  /** Of the signal that ends what the run computes. */
  readonly stop: SharedArrayBuffer;
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

/** The memory of a run, and what lets go of it. */
async function memoryOf(
  { memory }: RunSpec,
  inputs: Inputs,
  cache: string | undefined,
  stop: SharedArrayBuffer,
): Promise<{ readonly memory: MemoryModel } & Disposable> {
  if (!isUploaded(memory)) {
    return { memory: await builtInMemory(memory, cache, stop), [Symbol.dispose]() {} };
  }
  const limits = { ...RUN_LIMITS, wallMsPerCall: DEFAULT_LIMITS.wallMsPerCall };
  const uploaded = await PluginMemory.open(inputs.get(memory)!, {
    workers: 1,
    limits,
    label: "the uploaded memory",
    stop,
    // Not kept beyond the run: there may be any number of strangers' components.
    cache: new TranspileCache(),
  });
  return {
    memory: remembering(uploaded, cache),
    [Symbol.dispose]: () => uploaded[Symbol.dispose](),
  };
}

function remembering(memory: MemoryModel, cache: string | undefined): MemoryModel {
  return cache === undefined ? memory : new RememberingMemory(memory, ResultStore.open(cache));
}

/**
 * A memory of this repository, kept for later runs of this thread, whose signal is the same. It is
 * metered, so that it heeds that: by a sixth or so slower.
 */
function builtInMemory(
  name: MemoryName,
  cache: string | undefined,
  stop: SharedArrayBuffer,
): Promise<MemoryModel> {
  const key = `${name} ${cache ?? ""}`;
  let memory = opened.get(key);
  if (!memory) {
    const limits = { fuelPerCall: Number.MAX_SAFE_INTEGER };
    memory = openBuiltInMemory(name, { workers: 1, limits, stop }).then((simulator) =>
      remembering(simulator, cache)
    );
    opened.set(key, memory);
  }
  return memory;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<RunWorkerRequest>) => void;
  postMessage(response: RunWorkerResponse): void;
};

scope.onmessage = async ({ data: { spec, inputs, folders: { cache, models }, stop } }) => {
  try {
    using opened = await memoryOf(spec, inputs, cache, stop);
    const outputs = await executeRun(spec, {
      memory: opened.memory,
      inputs,
      models: new ModelFolder(models),
      stop,
      onProgress: reporter(new StopSignal(Infinity, stop)),
    });
    scope.postMessage({ kind: "outputs", outputs });
  } catch (error) {
    scope.postMessage(answerTo(error));
  }
};

/** Reports at times; where the run is to stop it does, between two things that it does itself. */
function reporter(stop: StopSignal) {
  let next = 0;
  return (done: number, total: number) => {
    if (stop.isDue()) throw new Stopped();
    const now = performance.now();
    if (now < next && done < total) return;
    next = now + PROGRESS_MS;
    scope.postMessage({ kind: "progress", done, total });
  };
}

/** What the core refuses it says in words that a caller may read; anything else is a fault. */
function answerTo(error: unknown): RunWorkerResponse {
  const isRefusal = error instanceof RangeError && /\bexpected\b/i.test(error.message);
  if (isRefusal || error instanceof EvaluationInputError || error instanceof PluginFailure) {
    return { kind: "refused", message: error.message };
  }
  const message = error instanceof Error ? error.stack ?? error.message : String(error);
  return { kind: "broken", message };
}
