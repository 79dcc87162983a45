import {
  type Executor,
  RunAbortedError,
  RunBrokenError,
  RunRefusedError,
  type RunRequest,
} from "./executor.ts";
import { StopSignal } from "../host/stop_signal.ts";
import type { Output } from "./kinds/kind.ts";
import type { RunWorkerRequest, RunWorkerResponse, WorkFolders } from "./run_worker.ts";

/** A thread that does runs; it is started with the first. */
export class WorkerHandle implements Executor {
  readonly #folders: WorkFolders;
  #worker: Worker | undefined;
  #stop = new StopSignal(Infinity);
  #abort: (() => void) | undefined;

  constructor(folders: WorkFolders = {}) {
    this.#folders = folders;
  }

  run(
    { spec, inputs }: RunRequest,
    onProgress: (done: number, total: number) => void,
  ): Promise<readonly Output[]> {
    const worker = this.#worker ??= new Worker(new URL("./run_worker.ts", import.meta.url), {
      type: "module",
    });
    return new Promise((resolve, reject) => {
      this.#abort = () => {
        this.#end();
        reject(new RunAbortedError("The run was ended"));
      };
      worker.onmessage = ({ data }: MessageEvent<RunWorkerResponse>) => {
        switch (data.kind) {
          case "progress":
            return onProgress(data.done, data.total);
          case "outputs":
            return resolve(data.outputs);
          case "refused":
            return reject(new RunRefusedError(data.message));
          case "broken":
            return reject(new RunBrokenError(data.message));
        }
      };
      worker.onerror = (event) => {
        event.preventDefault();
        this.#end();
        reject(new RunBrokenError(event.message));
      };
      const { buffer: stop } = this.#stop;
      worker.postMessage({ spec, inputs, folders: this.#folders, stop } satisfies RunWorkerRequest);
    });
  }

  abort() {
    this.#abort?.();
  }

  /** `terminate()` alone does not reach what computes, nor threads of the thread (Deno 2.9.6). */
  #end() {
    this.#stop.set();
    this.#worker?.terminate();
    this.#stop = new StopSignal(Infinity);
    this.#worker = undefined;
    this.#abort = undefined;
  }

  /** Ends the thread. */
  [Symbol.dispose]() {
    this.#end();
  }
}
