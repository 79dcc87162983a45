import type { Output } from "./kinds/kind.ts";
import type { RunWorkerRequest, RunWorkerResponse } from "./run_worker.ts";

/** A run that cannot be done as it is asked for, in words for the one who asked. */
export class RunRefusedError extends Error {
  override readonly name = "RunRefusedError";
}

/** A fault of the program that ended a run. */
export class RunBrokenError extends Error {
  override readonly name = "RunBrokenError";
}

/** A run was ended from outside. */
export class RunAbortedError extends Error {
  override readonly name = "RunAbortedError";
}

/** A thread that does runs; it is started with the first. */
export class WorkerHandle {
  #worker: Worker | undefined;
  #abort: (() => void) | undefined;

  /**
   * Does a run.
   *
   * @throws {RunRefusedError} when the run asks for what cannot be done
   * @throws {RunAbortedError} when {@linkcode abort} ended it
   * @throws {RunBrokenError} when the program failed
   */
  run(
    request: RunWorkerRequest,
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
      worker.postMessage(request);
    });
  }

  /** Ends the run, wherever it is. */
  abort() {
    this.#abort?.();
  }

  #end() {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#abort = undefined;
  }

  /** Ends the thread. */
  [Symbol.dispose]() {
    this.#end();
  }
}
