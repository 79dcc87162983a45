import type { AttentionProgram, MemoryResult } from "./memory_model.ts";
import type { WorkerRequest, WorkerResponse } from "./hbm3_pim_worker.ts";

/** Programs a worker is given at once: few enough to keep all workers busy to the end. */
const BATCH = 16;

/** Workers that run programs side by side. */
export class WorkerPool {
  readonly #workers: readonly Worker[];

  constructor(module: WebAssembly.Module, size: number) {
    const url = new URL("./hbm3_pim_worker.ts", import.meta.url);
    this.#workers = Array.from({ length: size }, () => {
      const worker = new Worker(url, { type: "module", deno: { permissions: "none" } });
      worker.postMessage({ module } satisfies WorkerRequest);
      return worker;
    });
  }

  /**
   * Runs programs, the longest first.
   *
   * @throws {Error} what a worker threw
   */
  async run(
    programs: readonly AttentionProgram[],
    onDone: (count: number) => void,
  ): Promise<MemoryResult[]> {
    const order = programs.map((_, i) => i)
      .sort((a, b) => cost(programs[b]!) - cost(programs[a]!));
    const results = new Array<MemoryResult>(programs.length);
    await Promise.all(this.#workers.map(async (worker) => {
      while (order.length > 0) {
        const batch = order.splice(0, BATCH);
        const answers = await ask(worker, batch.map((i) => programs[i]!));
        batch.forEach((i, k) => results[i] = answers[k]!);
        onDone(batch.length);
      }
    }));
    return results;
  }

  close() {
    for (const worker of this.#workers) worker.terminate();
  }
}

/** Grows as the time a program takes: clustering compares every token with every centroid. */
function cost({ keptTokens, contextTokens, heads, clustering }: AttentionProgram): number {
  return keptTokens * heads + (clustering ? contextTokens * contextTokens : 0);
}

function ask(worker: Worker, programs: AttentionProgram[]): Promise<readonly MemoryResult[]> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<WorkerResponse>) => resolve(data.results);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`A simulation failed: ${event.message}`));
    };
    worker.postMessage({ programs } satisfies WorkerRequest);
  });
}
