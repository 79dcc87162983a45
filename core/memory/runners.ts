import { hbm3PimDevice } from "./hbm3_pim_device.ts";
import type { AttentionProgram, MemoryResult } from "./memory_model.ts";
import { ProgramRunner } from "./program_runner.ts";

/** Runs programs in the thread that calls, each in the memory it is for. */
export class Runners {
  readonly #module: WebAssembly.Module;
  readonly #runners = new Map<string, ProgramRunner>();

  /** @param module compiled `wasm/pim/assembly/index.ts` */
  constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  run(program: AttentionProgram): MemoryResult {
    const { power, queries = 1 } = program;
    const key = `${power} ${queries}`;
    let runner = this.#runners.get(key);
    if (!runner) {
      runner = new ProgramRunner(this.#module, hbm3PimDevice(power, queries));
      this.#runners.set(key, runner);
    }
    return runner.run(program);
  }
}
