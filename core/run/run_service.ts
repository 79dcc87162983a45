/**
 * Runs from the asking to the answer: what the command line and the HTTP service are doors to.
 *
 * @module
 */
import type { FindInput, Inputs, Resolved, Sources } from "./kinds/kind.ts";
import type { MemoryName } from "./kinds/memories.ts";
import { ModelFolder } from "./model_folder.ts";
import { digestsOf, openPlatform, type Platform } from "./platform.ts";
import { PluginLibrary } from "./plugins/plugin_library.ts";
import { isTerminal, type RunEvent, type RunRecord } from "./run_record.ts";
import { RunFeed } from "./run_feed.ts";
import { RunPool, type RunPoolOptions } from "./run_pool.ts";
import { type Digests, resolveRunSpec, runId, type RunSpec } from "./run_spec.ts";
import { RunStore } from "./run_store.ts";
import { SpecError } from "./spec_error.ts";
import type { StoreDatabaseOptions } from "./store_database.ts";

/** More runs wait than may. */
export class QueueFullError extends Error {
  override readonly name = "QueueFullError";
}

/** Options of {@linkcode RunService.open}. */
export interface RunServiceOptions extends Omit<RunPoolOptions, "onChange">, StoreDatabaseOptions {
  /** Folder of the store. */
  readonly folder: string;
  /** Most runs that may wait. Default 1000. */
  readonly queueLimit?: number;
  /** Folder of checkpoints that runs can name. Default: only the model of this repository. */
  readonly models?: string;
}

/** A run that was asked for. */
interface Submission {
  readonly run: RunRecord;
  /** Whether its outputs were there already. */
  readonly isStored: boolean;
}

/**
 * A store of runs with threads that work on them.
 *
 * @example
 * ```ts
 * import { RunService } from "./run_service.ts";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   await using service = await RunService.open({ folder, width: 1 });
 *   service.start();
 *   const { run } = await service.submit({ kind: "simulate", experiment: { lout: 3 } });
 *   const done = await service.settled(run.id, 60_000);
 *   equal(done.state, "done");
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class RunService implements AsyncDisposable {
  readonly store: RunStore;
  readonly plugins: PluginLibrary;
  readonly models: ModelFolder;
  /** What a spec may refer to here. */
  readonly sources: Sources;
  readonly #pool: RunPool;
  readonly #feed = new RunFeed();
  readonly #platform: Platform;
  readonly #queueLimit: number;

  private constructor(
    { folder, isThere, queueLimit = 1000, models, ...pool }: RunServiceOptions,
    platform: Platform,
  ) {
    this.store = RunStore.open(folder, { ...isThere !== undefined && { isThere } });
    this.#platform = platform;
    this.#queueLimit = queueLimit;
    this.plugins = new PluginLibrary(this.store);
    this.models = new ModelFolder(models);
    this.sources = sourcesOf(this);
    this.#pool = new RunPool(this.store, {
      ...pool,
      ...models !== undefined && { models },
      onChange: (id) => this.#feed.notify(id),
    });
  }

  /**
   * Opens the store of a folder.
   *
   * @throws {StoreError} when it cannot be used
   */
  static async open(options: RunServiceOptions): Promise<RunService> {
    return new RunService(options, await openPlatform());
  }

  /** Begins to work on what is queued. */
  start() {
    this.#pool.start();
  }

  /** Runs this process works on. */
  get active(): number {
    return this.#pool.active;
  }

  /** What makes a spec's bytes besides the spec. */
  digestsOf(spec: RunSpec): Promise<Digests> {
    return digestsOf(spec, this.#platform);
  }

  /** The name a run would have here. */
  async idOf(spec: RunSpec): Promise<string> {
    return runId(spec, await this.digestsOf(spec));
  }

  /** Digest of a memory model. */
  memoryDigest(name: MemoryName): string {
    return this.#platform.memories[name];
  }

  /**
   * What a caller's spec says in full.
   *
   * @throws {SpecError} naming the first part of the spec that is wrong
   */
  resolve(input: unknown): Promise<Resolved<RunSpec>> {
    return resolveRunSpec(input, this.sources);
  }

  /**
   * Asks for a run. One that is done is done again where the store lost what it made.
   *
   * @throws {SpecError} naming the first part of the spec that is wrong
   * @throws {QueueFullError} when too many runs wait
   */
  async submit(input: unknown): Promise<Submission> {
    const { spec, inputs } = await this.resolve(input);
    const digests = await this.digestsOf(spec);
    const known = this.#askedFor(runId(spec, digests));
    const isLost = known?.state === "done" && !this.store.isWhole(known);
    if (isLost) return this.#queue(spec, inputs, digests, isLost);
    return this.submitResolved(spec, inputs, digests);
  }

  /**
   * Asks for a run whose spec was resolved.
   *
   * @throws {QueueFullError} when too many runs wait
   */
  submitResolved(spec: RunSpec, inputs: Inputs, digests: Digests): Submission {
    const known = this.#askedFor(runId(spec, digests));
    if (known) return { run: known, isStored: known.state === "done" };
    return this.#queue(spec, inputs, digests);
  }

  #queue(spec: RunSpec, inputs: Inputs, digests: Digests, isLost = false): Submission {
    this.#checkRoom(1);
    for (const content of inputs.values()) this.store.blobs.put(content);
    const run = this.store.submit(spec, digests, isLost);
    this.#feed.notify(run.id);
    this.#pool.wake();
    return { run, isStored: false };
  }

  /** A run that is done or on its way to be: asking for it again changes nothing. */
  #askedFor(id: string): RunRecord | undefined {
    const run = this.store.get(id);
    return run && (!isTerminal(run.state) || run.state === "done") ? run : undefined;
  }

  /**
   * Whether runs may be asked for together. Those that are done or on their way take no place.
   *
   * @param ids of all of them
   * @throws {SpecError} when so many could never wait
   * @throws {QueueFullError} when so many more may not wait now
   */
  checkRoomFor(ids: ReadonlySet<string>) {
    const runs = [...ids].filter((id) => !this.#askedFor(id)).length;
    if (runs > this.#queueLimit) {
      throw new SpecError(
        "",
        `Expected at most ${this.#queueLimit} runs to do, as many as may wait here, ` +
          `but found ${runs}`,
      );
    }
    if (runs > 0) this.#checkRoom(runs);
  }

  #checkRoom(runs: number) {
    const { queued } = this.store.counts();
    if (queued + runs <= this.#queueLimit) return;
    throw new QueueFullError(
      `Expected at most ${this.#queueLimit} runs to wait but found ${queued + runs}`,
    );
  }

  /** Does a queued run in this process now, whatever else waits, and gives it when it is over. */
  async runNow(id: string): Promise<RunRecord> {
    await this.#pool.run(id);
    return this.store.get(id)!;
  }

  /** Gives what is worked on back to the queue, at once: the process is about to end. */
  giveBack() {
    this.#pool.giveBack();
  }

  /** The run once it is over, or as it is after a time. */
  async settled(id: string, ms: number, signal?: AbortSignal): Promise<RunRecord> {
    const end = performance.now() + ms;
    for (;;) {
      const run = this.store.get(id)!;
      if (isTerminal(run.state) || performance.now() >= end || signal?.aborted) return run;
      await this.#feed.changed(id, signal);
    }
  }

  /** Cancels a run; says whether it was not over. */
  cancel(id: string): boolean {
    const wasGoing = this.store.queue.cancel(id);
    this.#pool.abort(id);
    this.#feed.notify(id);
    return wasGoing;
  }

  /** What happens to a run, from after an event on, until it is over. */
  async *events(id: string, after: number, signal: AbortSignal): AsyncGenerator<RunEvent> {
    let last = after;
    while (!signal.aborted) {
      for (const event of this.store.events.after(id, last)) {
        last = event.sequence;
        yield event;
        if (event.type !== "progress" && isTerminal(event.type)) return;
      }
      await this.#feed.changed(id, signal);
    }
  }

  /** Ends the threads and closes the store; what was not finished goes on after a restart. */
  async [Symbol.asyncDispose]() {
    await this.#pool[Symbol.asyncDispose]();
    this.plugins[Symbol.dispose]();
    this.store[Symbol.dispose]();
  }
}

function sourcesOf({ store, plugins, models }: RunService): Sources {
  const content: FindInput = (reference) => store.blobs.get(reference.slice("sha256:".length));
  return {
    content,
    outputOf(run, name) {
      const output = store.get(run)?.outputs.find((output) => output.name === name);
      return output && store.blobs.get(output.digest);
    },
    modelNames: () => models.names(),
    model: (name, format) => models.find(name, format),
    policyNames: plugins.policyNames,
    builtIn: plugins.builtIn,
    describe: plugins.describe,
  };
}
