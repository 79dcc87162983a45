import type { Contract } from "../../wasm/sdk/generate/exports.ts";
import type { Limits } from "./limits.ts";
import type { Outcome } from "./outcome.ts";
import type { InstanceId, PluginRunner } from "./plugin_runner.ts";
import type { LinkableComponent } from "./transpile.ts";
import type { WorkerReply, WorkerRequest } from "./worker_messages.ts";

/** Time a worker may take to start and link a component, in milliseconds. */
const START_MS = 30_000;

/**
 * Runs a component in a worker without permissions. A call that takes longer than its wall time
 * ends the worker, and with it every instance; later calls then end in `out-of-time` too.
 */
export class WorkerRunner implements PluginRunner {
  readonly #worker: Worker;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting: ((reply: WorkerReply) => void) | null = null;
  #ended: Outcome<never> | null = null;

  private constructor(private readonly limits: Limits) {
    this.#worker = new Worker(new URL("./plugin_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: "none" },
    });
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => this.#waiting?.(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#waiting?.({ hostError: event.message });
    };
  }

  /** Starts a worker and gives it a component. */
  static async start(
    { linker }: Pick<LinkableComponent, "linker">,
    modules: ReadonlyMap<string, WebAssembly.Module>,
    contract: Contract,
    limits: Limits,
  ): Promise<Outcome<WorkerRunner>> {
    const runner = new WorkerRunner(limits);
    const request: WorkerRequest = { ask: "load", linker, modules, contract, limits };
    const outcome = await runner.#ask(request, START_MS);
    if (outcome.kind === "ok") return { ...outcome, value: runner };
    runner.close();
    return outcome as Outcome<never>;
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
    if (this.#ended === null) this.#worker.postMessage({ ask: "discard", instance });
  }

  close(): void {
    this.#ended ??= {
      kind: "broke-contract",
      breach: "Expected a running plugin but it was closed",
    };
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
    return new Promise((resolve, reject) => {
      const clock = setTimeout(() => {
        this.#ended = { kind: "out-of-time", limitMs: wallMs };
        this.#worker.terminate();
        resolve(this.#ended);
      }, wallMs);
      this.#waiting = (reply) => {
        clearTimeout(clock);
        this.#waiting = null;
        if ("outcome" in reply) resolve(reply.outcome);
        else reject(new Error(reply.hostError));
      };
      this.#worker.postMessage(request);
    });
  }
}
