/**
 * HBM3 with processing in memory, simulated to the cycle.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { buildModule } from "../../wasm/build.ts";
import { deviceImage } from "../../wasm/dram/device_image.ts";
import { canonicalProgram } from "./canonical_program.ts";
import { checkClustering, checkProgram, MOST_QUERIES } from "./check_program.ts";
import { hbm3PimDevice } from "./hbm3_pim_device.ts";
import type {
  AttentionProgram,
  MemoryModel,
  MemoryResult,
  ProgressListener,
} from "./memory_model.ts";
import { programKey } from "./program_key.ts";
import { Runners } from "./runners.ts";
import { WorkerPool } from "./worker_pool.ts";

/** Options of {@linkcode Hbm3PimMemory.open}. */
interface Hbm3PimOptions {
  /** Threads that simulate. Default: as many as the machine has cores. */
  readonly workers?: number;
  /** Tokens times heads of a batch from which on workers are worth starting. Default 4,000,000. */
  readonly workersFrom?: number;
}

/**
 * The engine and its programs called directly, without a component around them: what the built-in
 * memory models are held to and measured against.
 *
 * @example
 * ```ts
 * import { Hbm3PimMemory } from "./hbm3_pim.ts";
 * import { equal } from "node:assert/strict";
 *
 * using memory = await Hbm3PimMemory.open();
 * const [result] = await memory.simulate([{
 *   pim: "bank",
 *   power: "limited",
 *   heads: 13,
 *   headDim: 128,
 *   elementBytes: 2,
 *   contextTokens: 2049,
 *   keptTokens: 1024,
 *   partitionTokens: 409600,
 *   clustering: false,
 *   rowTokens: 16,
 *   oddTail: "once",
 * }]);
 * equal(result!.cycles, 1890);
 * ```
 */
export class Hbm3PimMemory implements MemoryModel {
  readonly name = "hbm3-pim";
  readonly digest: string;
  readonly cycleNs = hbm3PimDevice("limited").clockPs / 1000;
  readonly #module: WebAssembly.Module;
  readonly #options: Required<Hbm3PimOptions>;
  readonly #runners: Runners;
  #pool: WorkerPool | undefined;

  private constructor(
    module: WebAssembly.Module,
    digest: string,
    options: Required<Hbm3PimOptions>,
  ) {
    this.#module = module;
    this.#runners = new Runners(module);
    this.digest = digest;
    this.#options = options;
  }

  /** Compiles the engine, or takes it from where it was compiled before. */
  static async open(options: Hbm3PimOptions = {}): Promise<Hbm3PimMemory> {
    const { workers = navigator.hardwareConcurrency, workersFrom = 4_000_000 } = options;
    const { bytes, digest } = await buildModule("pim/assembly/index.ts", [
      "dram/assembly",
      "pim/assembly",
    ]);
    const hash = createHash("sha256").update(digest);
    for (const power of ["limited", "unlimited"] as const) {
      for (let queries = 1; queries <= MOST_QUERIES; queries++) {
        hash.update(new Uint8Array(deviceImage(hbm3PimDevice(power, queries)).buffer));
      }
    }
    const module = await WebAssembly.compile(bytes);
    return new Hbm3PimMemory(module, hash.digest("hex"), { workers, workersFrom });
  }

  keyOf(program: AttentionProgram): string {
    return programKey(canonicalProgram(program));
  }

  async simulate(
    programs: readonly AttentionProgram[],
    onProgress: ProgressListener = () => {},
  ): Promise<MemoryResult[]> {
    programs.forEach(checkProgram);
    programs.forEach(checkClustering);
    const distinct = new Map(programs.map((program) => [this.keyOf(program), program]));
    const results = await this.#run([...distinct.values()], onProgress);
    const found = new Map([...distinct.keys()].map((key, i) => [key, results[i]!]));
    return programs.map((program) => found.get(this.keyOf(program))!);
  }

  #run(programs: AttentionProgram[], onProgress: ProgressListener): Promise<MemoryResult[]> {
    let done = 0;
    const onDone = (count: number) => onProgress(done += count, programs.length);
    const work = programs.reduce((sum, program) => sum + program.keptTokens * program.heads, 0);
    const { workers, workersFrom } = this.#options;
    if (workers > 1 && programs.length > 1 && work > workersFrom) {
      this.#pool ??= new WorkerPool(this.#module, workers);
      return this.#pool.run(programs, onDone);
    }
    return Promise.resolve(programs.map((program) => {
      const result = this.#runners.run(program);
      onDone(1);
      return result;
    }));
  }

  /** Ends the workers. */
  [Symbol.dispose]() {
    this.#pool?.close();
    this.#pool = undefined;
  }
}
