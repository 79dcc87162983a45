import type {
  AttentionProgram,
  MemoryModel,
  MemoryResult,
  ProgressListener,
} from "./memory_model.ts";
import type { ResultStore } from "./result_store.ts";

/** Programs simulated between two writes to the store: what an interruption can lose. */
const BATCH = 512;

/**
 * A memory that simulates only what its store does not know, and adds what it simulated.
 *
 * Results are found by the memory's digest and the program's key, so results of another memory,
 * engine or program are never taken and nothing ever has to be deleted.
 */
export class RememberingMemory implements MemoryModel {
  readonly name: string;
  readonly digest: string;
  readonly cycleNs: number;
  readonly notes: readonly string[];
  readonly #memory: MemoryModel;
  readonly #store: ResultStore;

  constructor(memory: MemoryModel, store: ResultStore) {
    this.name = memory.name;
    this.digest = memory.digest;
    this.cycleNs = memory.cycleNs;
    this.notes = memory.notes ?? [];
    this.#memory = memory;
    this.#store = store;
  }

  keyOf(program: AttentionProgram): string {
    return this.#memory.keyOf(program);
  }

  async simulate(
    programs: readonly AttentionProgram[],
    onProgress: ProgressListener = () => {},
  ): Promise<MemoryResult[]> {
    const keys = programs.map((program) => this.keyOf(program));
    const results = new Map<string, MemoryResult>();
    const missing = new Map<string, AttentionProgram>();
    keys.forEach((key, i) => {
      if (results.has(key) || missing.has(key)) return;
      const known = this.#store.get(this.digest, key);
      if (known) results.set(key, known);
      else missing.set(key, programs[i]!);
    });
    await this.#simulateMissing(missing, results, onProgress);
    return keys.map((key) => results.get(key)!);
  }

  async #simulateMissing(
    missing: ReadonlyMap<string, AttentionProgram>,
    results: Map<string, MemoryResult>,
    onProgress: ProgressListener,
  ) {
    const entries = [...missing];
    for (let start = 0; start < entries.length; start += BATCH) {
      const batch = entries.slice(start, start + BATCH);
      const simulated = await this.#memory.simulate(
        batch.map(([, program]) => program),
        (done) => onProgress(start + done, entries.length),
      );
      const found = batch.map(([key], i) => [key, simulated[i]!] as const);
      this.#store.put(this.digest, found);
      for (const [key, result] of found) results.set(key, result);
    }
  }
}
