/**
 * Where runs are done: in a thread of this process, or elsewhere.
 *
 * @module
 */
import type { Inputs, Output } from "./kinds/kind.ts";
import type { RunSpec } from "./run_spec.ts";

/** What is to be done. */
export interface RunRequest {
  readonly id: string;
  readonly spec: RunSpec;
  readonly inputs: Inputs;
}

/** Does runs, one at a time. */
export interface Executor extends Disposable {
  /**
   * Does a run.
   *
   * @throws {RunRefusedError} when the run asks for what cannot be done
   * @throws {RunAbortedError} when {@linkcode abort} ended it
   * @throws {RunBrokenError} when the program failed
   */
  run(
    request: RunRequest,
    onProgress: (done: number, total: number) => void,
  ): Promise<readonly Output[]>;
  /** Ends the run, wherever it is. */
  abort(): void;
}

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
