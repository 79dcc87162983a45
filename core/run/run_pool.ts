/**
 * Threads that work on the runs of a store.
 *
 * @module
 */
import { execute, type ExecutionContext } from "./execution.ts";
import type { Executor } from "./executor.ts";
import { isTerminal, type RunRecord } from "./run_record.ts";
import type { RunStore } from "./run_store.ts";
import { WorkerHandle } from "./worker_handle.ts";

/** How often a thread without work looks for runs of other processes. */
const POLL_MS = 1000;

/** Options of a {@linkcode RunPool}. */
export interface RunPoolOptions {
  /** Threads. Default: one a core. */
  readonly width?: number;
  /** How long a run stays taken after its process ended, ms. Default 10,000. */
  readonly leaseMs?: number;
  /** Folder where memory results are kept. Default: they are not. */
  readonly cache?: string;
  /** Folder of checkpoints that runs can name. Default: only the model of this repository. */
  readonly models?: string;
  /** Makes what does the runs. Default: a thread of this process. */
  readonly executor?: () => Executor;
  readonly onChange?: (id: string) => void;
  readonly onFault?: (fault: unknown) => void;
}

/** A pool of threads, each with one run at a time. */
export class RunPool {
  readonly #context: ExecutionContext;
  readonly #width: number;
  readonly #leaseMs: number;
  readonly #active = new Map<string, Executor>();
  readonly #makeExecutor: () => Executor;
  readonly #idle = new Set<() => void>();
  readonly #slots: Promise<void>[] = [];
  readonly #heartbeat: ReturnType<typeof setInterval>;
  #closing = false;

  constructor(store: RunStore, options: RunPoolOptions = {}) {
    const { width = navigator.hardwareConcurrency, leaseMs = 10_000 } = options;
    const { onChange = () => {}, onFault = () => {}, cache, models } = options;
    const owner = crypto.randomUUID();
    this.#context = { store, owner, onChange, onFault };
    this.#makeExecutor = options.executor ?? (() => new WorkerHandle({ cache, models }));
    this.#width = width;
    this.#leaseMs = leaseMs;
    this.#heartbeat = setInterval(() => this.#renew(), leaseMs / 4);
  }

  /** Runs that are worked on. */
  get active(): number {
    return this.#active.size;
  }

  /** Begins to work on whatever the store has queued, until closed. */
  start() {
    while (this.#slots.length < this.#width) this.#slots.push(this.#work());
  }

  /** Says that there is work. */
  wake() {
    for (const look of this.#idle) look();
  }

  /** Ends the work on a run, if this pool is at it. */
  abort(id: string) {
    this.#active.get(id)?.abort();
  }

  /** Does one run, or waits until another process has done it. */
  async run(id: string) {
    using executor = this.#makeExecutor();
    const { store, owner } = this.#context;
    while (!this.#closing && !isTerminal(store.get(id)!.state)) {
      const run = store.queue.claim(owner, this.#leaseMs, id);
      if (run) await this.#execute(run, executor);
      else await this.#pause();
    }
  }

  async #work() {
    using executor = this.#makeExecutor();
    const { store, owner } = this.#context;
    while (!this.#closing) {
      const run = store.queue.claim(owner, this.#leaseMs);
      if (run) await this.#execute(run, executor);
      else await this.#pause();
    }
  }

  async #execute(run: RunRecord, executor: Executor) {
    this.#active.set(run.id, executor);
    this.#context.onChange(run.id);
    try {
      await execute(run, executor, this.#context);
    } catch (fault) {
      // The store itself failed: the run stays taken until its lease is over.
      this.#context.onFault(fault);
    } finally {
      this.#active.delete(run.id);
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        clearTimeout(timer);
        this.#idle.delete(look);
        resolve();
      };
      const timer = setTimeout(look, POLL_MS);
      this.#idle.add(look);
    });
  }

  /** Keeps what is worked on, and ends what was cancelled or taken elsewhere. */
  #renew() {
    const { store, owner } = this.#context;
    if (this.#active.size === 0) return;
    const held = store.queue.renew(owner, this.#leaseMs);
    for (const [id, executor] of this.#active) {
      if (!held.has(id)) executor.abort();
    }
  }

  /** Ends the work on all runs, which go back to the queue, and takes no more. */
  giveBack() {
    this.#closing = true;
    clearInterval(this.#heartbeat);
    const { store, owner } = this.#context;
    for (const [id, executor] of this.#active) {
      store.queue.giveBack(id, owner);
      executor.abort();
    }
    this.wake();
  }

  /** Ends the threads; their runs go back to the queue. */
  async [Symbol.asyncDispose]() {
    this.giveBack();
    await Promise.all(this.#slots);
  }
}
