/**
 * Runs that other machines do, as jobs of BullMQ on Valkey or Redis: the side that has them done.
 *
 * @module
 */
import { Queue, QueueEvents } from "bullmq";
import type { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { atMost } from "./at_most.ts";
import { contentOf, contentText } from "./content_text.ts";
import {
  type Executor,
  RunAbortedError,
  RunBrokenError,
  RunRefusedError,
  type RunRequest,
} from "./executor.ts";
import type { Output } from "./kinds/kind.ts";
import {
  asConnection,
  CLOSE_MS,
  connect,
  ConnectionFaults,
  type JobData,
  type JobProgress,
  type JobResult,
  namesOf,
} from "./redis_jobs.ts";

/** How long the results of a job wait for their server. */
const KEPT_SECONDS = 24 * 60 * 60;

/** Options of a {@linkcode RedisQueue}. */
interface RedisQueueOptions {
  /** How often the queue is asked whether it still has a job. Default 5000. */
  readonly lookMs?: number;
}

/** The side that has runs done. */
export class RedisQueue implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #cancelChannel: string;
  readonly #queue: Queue<JobData, JobResult>;
  readonly #events: QueueEvents<JobResult>;
  readonly #lookMs: number;
  readonly #cancelling = new Set<Promise<void>>();

  /**
   * @param url e.g. `"redis://localhost:6379"`
   * @param onFault called with what goes wrong with the connection, once until it is there again
   */
  constructor(
    url: string,
    platformDigest: string,
    onFault: (fault: unknown) => void,
    { lookMs = 5000 }: RedisQueueOptions = {},
  ) {
    const { queue, cancel } = namesOf(platformDigest);
    const faults = new ConnectionFaults(onFault);
    this.#redis = connect(url, faults);
    this.#cancelChannel = cancel;
    this.#lookMs = lookMs;
    const connection = asConnection(this.#redis);
    this.#queue = new Queue(queue, { connection });
    this.#events = new QueueEvents(queue, { connection });
    this.#queue.on("error", faults.tell);
    this.#events.on("error", faults.tell);
    this.#queue.setMaxListeners(0);
    this.#events.setMaxListeners(0);
  }

  /** Something that has one run at a time done. */
  executor(): Executor {
    let abort: (() => void) | undefined;
    return {
      run: (request, onProgress) => {
        const ending = new AbortController();
        return Promise.race([
          this.#run(request, onProgress, ending.signal),
          new Promise<never>((_, reject) => {
            abort = () => {
              reject(new RunAbortedError("The run was ended"));
              ending.abort();
              this.#cancel(request.id);
            };
          }),
        ]);
      },
      abort: () => abort?.(),
      [Symbol.dispose]() {},
    };
  }

  async #run(
    { id, spec, inputs }: RunRequest,
    onProgress: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<readonly Output[]> {
    const data: JobData = {
      spec,
      inputs: [...inputs].map(([reference, content]) => [reference, contentText(content)]),
    };
    const listener = ({ jobId, data }: { jobId: string; data: unknown }) => {
      if (jobId !== id) return;
      const { done, total } = data as JobProgress;
      onProgress(done, total);
    };
    this.#events.on("progress", listener);
    try {
      const result = await this.#result(id, data, signal);
      await this.#queue.remove(id);
      if (result.kind === "outputs") {
        return result.outputs.map(({ name, content }) => ({ name, content: contentOf(content) }));
      }
      throw new RunRefusedError(result.message);
    } finally {
      this.#events.off("progress", listener);
    }
  }

  /** What a job comes to; it is added again where the queue has lost it. */
  async #result(id: string, data: JobData, signal: AbortSignal): Promise<JobResult> {
    for (;;) {
      signal.throwIfAborted();
      // A job of this name that is there already, perhaps done, is not added again.
      await this.#queue.add("run", data, {
        jobId: id,
        removeOnComplete: { age: KEPT_SECONDS },
        removeOnFail: true,
      });
      const result = await this.#ended(id, signal);
      if (result) return result;
    }
  }

  /** What a job comes to, or nothing where the queue has lost it. */
  async #ended(id: string, signal: AbortSignal): Promise<JobResult | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<JobResult>();
    const onCompleted = ({ jobId, returnvalue }: { jobId: string; returnvalue: JobResult }) => {
      if (jobId === id) resolve(returnvalue);
    };
    const onFailed = ({ jobId, failedReason }: { jobId: string; failedReason: string }) => {
      if (jobId === id) reject(new RunBrokenError(failedReason));
    };
    const ended = new AbortController();
    this.#events.on("completed", onCompleted).on("failed", onFailed);
    try {
      const looking = this.#look(id, AbortSignal.any([signal, ended.signal]));
      return await Promise.race([promise, looking]);
    } finally {
      ended.abort();
      this.#events.off("completed", onCompleted).off("failed", onFailed);
    }
  }

  /**
   * Asks the queue now and then for a job's result: a Redis that restarts without its data loses the
   * job, and one that was long out of reach has no room for the event of its end.
   *
   * @returns nothing where the queue has lost the job
   */
  async #look(id: string, signal: AbortSignal): Promise<JobResult | undefined> {
    // A job that fails goes at once, and the event that says so comes later.
    for (let misses = 0; misses < 2;) {
      const state = await this.#queue.getJobState(id);
      if (state === "completed") return (await this.#queue.getJob(id))?.returnvalue;
      misses = state === "unknown" ? misses + 1 : 0;
      await sleep(this.#lookMs, undefined, { signal });
    }
    return undefined;
  }

  #cancel(id: string) {
    const cancelling = Promise.allSettled([
      this.#redis.publish(this.#cancelChannel, id),
      // A job that waits goes; one that a worker has cannot, and ends by itself.
      this.#queue.remove(id),
    ]).then(() => {
      this.#cancelling.delete(cancelling);
    });
    this.#cancelling.add(cancelling);
  }

  /** Lets go of the queue: its jobs stay, but for those that were cancelled. */
  async [Symbol.asyncDispose]() {
    // Without Redis none of it comes to an end.
    await atMost(CLOSE_MS, this.#close()).catch(() => {});
    this.#redis.disconnect();
  }

  async #close() {
    await Promise.all(this.#cancelling);
    await this.#events.close();
    await this.#queue.close();
  }
}
