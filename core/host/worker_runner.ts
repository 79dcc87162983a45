import type { Contract } from "../../wasm/sdk/generate/exports.ts";
import type { Limits } from "./limits.ts";
import type { Outcome } from "./outcome.ts";
import type { InstanceId, PluginRunner } from "./plugin_runner.ts";
import { StopSignal } from "./stop_signal.ts";
import type { LinkableComponent } from "./transpile.ts";
import type { WorkerReply, WorkerRequest } from "./worker_messages.ts";

/** Time a worker may take to start and link a component, in milliseconds. */
const START_MS = 30_000;

/** A call that was sent and has not been answered. */
interface WaitingCall {
  answer(outcome: Outcome<unknown, unknown>): void;
  fail(error: Error): void;
}

/**
 * Runs a component in a worker without permissions. A call that takes longer than its wall time
 * ends the worker, and with it every instance; later calls then end in `out-of-time` too. Where the
 * worker itself fails, the call that waits and all later ones are rejected.
 */
export class WorkerRunner implements PluginRunner {
  readonly #worker: Worker;
  readonly #stop: StopSignal;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting: WaitingCall | null = null;
  /** How calls end once the worker was stopped. */
  #ended: Outcome<never> | null = null;
  /** Why the worker stopped by itself. */
  #failure: Error | null = null;

  private constructor(private readonly limits: Limits) {
    this.#stop = new StopSignal(limits.wallMsPerCall);
    this.#worker = new Worker(new URL("./plugin_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: "none" },
    });
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => {
      // The worker may notice before this thread does, where that is busy.
      if ("outcome" in data && data.outcome.kind === "out-of-time") this.#end(data.outcome);
      else if ("outcome" in data) this.#waiting?.answer(data.outcome);
      else this.#waiting?.fail(new Error(data.hostError));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(event.message);
    };
    this.#worker.onmessageerror = () => this.#fail("a message that cannot be read");
  }

  /**
   * Starts a worker and gives it a component.
   *
   * @param stop of the signal that stops it with others
   */
  static async start(
    { linker }: Pick<LinkableComponent, "linker">,
    modules: ReadonlyMap<string, WebAssembly.Module>,
    contract: Contract,
    limits: Limits,
    stop?: SharedArrayBuffer,
  ): Promise<Outcome<WorkerRunner>> {
    const runner = new WorkerRunner(limits);
    const request: WorkerRequest = {
      ask: "load",
      linker,
      modules,
      contract,
      limits,
      stop: runner.#stop.buffer,
      widerStop: stop,
    };
    using started = new DisposableStack();
    started.defer(() => runner.close());
    const outcome = await runner.#ask(request, START_MS);
    if (outcome.kind !== "ok") return outcome as Outcome<never>;
    started.move();
    return { ...outcome, value: runner };
  }

  instantiate(): Promise<Outcome<InstanceId>> {
    return this.#ask({ ask: "instantiate" }, this.limits.wallMsPerCall) as Promise<
      Outcome<InstanceId>
    >;
  }

  call(
    instance: InstanceId,
    name: string,
    values: readonly unknown[],
    self?: number,
  ): Promise<Outcome<unknown, unknown>> {
    return this.#ask({ ask: "call", instance, name, values, self }, this.limits.wallMsPerCall);
  }

  discard(instance: InstanceId): void {
    if (this.#isRunning) this.#worker.postMessage({ ask: "discard", instance });
  }

  /** Ends the worker; a call that waits for it ends as later ones do. */
  close(): void {
    this.#end({ kind: "broke-contract", breach: "Expected a running plugin but it was closed" });
  }

  get #isRunning(): boolean {
    return this.#ended === null && this.#failure === null;
  }

  #end(outcome: Outcome<never>): void {
    this.#ended ??= outcome;
    this.#terminate();
    this.#waiting?.answer(this.#ended);
  }

  #fail(message: string): void {
    this.#failure ??= new Error(`Expected the plugin's worker to go on but it failed: ${message}`);
    this.#terminate();
    this.#waiting?.fail(this.#failure);
  }

  /** `terminate()` alone does not reach a worker that computes (Deno 2.9.6). */
  #terminate(): void {
    this.#stop.set();
    this.#worker.terminate();
  }

  /** One request at a time, so that the clock runs for the call it belongs to. */
  #ask(request: WorkerRequest, wallMs: number): Promise<Outcome<unknown, unknown>> {
    const answer = this.#turn.then(() => this.#send(request, wallMs));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  #send(request: WorkerRequest, wallMs: number): Promise<Outcome<unknown, unknown>> {
    if (this.#ended !== null) return Promise.resolve(this.#ended);
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<Outcome<unknown, unknown>>();
    const clock = setTimeout(() => this.#end({ kind: "out-of-time", limitMs: wallMs }), wallMs);
    const settle = () => {
      clearTimeout(clock);
      this.#waiting = null;
    };
    this.#waiting = {
      answer: (outcome) => {
        settle();
        resolve(outcome);
      },
      fail: (error) => {
        settle();
        reject(error);
      },
    };
    this.#worker.postMessage(request);
    return promise;
  }
}
