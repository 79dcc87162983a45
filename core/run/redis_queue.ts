/**
 * Runs that other machines do: jobs of BullMQ on Valkey or Redis.
 *
 * A queue is named by the platform's digest, so that a worker takes only runs whose bytes it makes
 * as every other process of the queue does.
 *
 * @module
 */
import { type ConnectionOptions, Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";
import { contentOf, type ContentText, contentText } from "./content_text.ts";
import {
  type Executor,
  RunAbortedError,
  RunBrokenError,
  RunRefusedError,
  type RunRequest,
} from "./executor.ts";
import type { Inputs, Output } from "./kinds/kind.ts";
import type { RunSpec } from "./run_spec.ts";
import type { WorkFolders } from "./run_worker.ts";
import { WorkerHandle } from "./worker_handle.ts";

/** How long a job stays taken after its worker ended. */
const LOCK_MS = 10_000;
/** Workers that may end on a job before it fails. */
const MOST_STALLS = 3;
/** How long the results of a job wait for their server. */
const KEPT_SECONDS = 24 * 60 * 60;

const OTHER_ARITHMETIC =
  "Expected a worker that computes as the server does, to the bit, but found one that does not";

/** A run as a job holds it. */
interface JobData {
  readonly spec: RunSpec;
  readonly inputs: readonly (readonly [reference: string, content: ContentText])[];
}

/** What a job comes to; one that was cancelled or broke fails, and leaves nothing behind. */
type JobResult =
  | {
    readonly kind: "outputs";
    readonly outputs: readonly { readonly name: string; readonly content: ContentText }[];
  }
  | { readonly kind: "refused"; readonly message: string };

interface JobProgress {
  readonly done: number;
  readonly total: number;
}

/** Names of a queue and of the channel by which its jobs are cancelled. */
function namesOf(platformDigest: string) {
  const queue = `kvpim-${platformDigest.slice(0, 16)}`;
  return { queue, cancel: `${queue}-cancel` };
}

function connect(url: string, onFault: (fault: unknown) => void): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on("error", onFault);
  return redis;
}

/** BullMQ knows a client by its methods; its types are those of another version of it. */
const asConnection = (redis: Redis) => redis as unknown as ConnectionOptions;

/** The side that has runs done. */
export class RedisQueue implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #cancelChannel: string;
  readonly #queue: Queue<JobData, JobResult>;
  readonly #events: QueueEvents;

  /** @param url e.g. `"redis://localhost:6379"` */
  constructor(url: string, platformDigest: string, onFault: (fault: unknown) => void) {
    const { queue, cancel } = namesOf(platformDigest);
    this.#redis = connect(url, onFault);
    this.#cancelChannel = cancel;
    const connection = asConnection(this.#redis);
    this.#queue = new Queue(queue, { connection });
    this.#events = new QueueEvents(queue, { connection });
    this.#events.setMaxListeners(0);
  }

  /** Something that has one run at a time done. */
  executor(): Executor {
    let abort: (() => void) | undefined;
    return {
      run: (request, onProgress) =>
        Promise.race([
          this.#run(request, onProgress),
          new Promise<never>((_, reject) => {
            abort = () => {
              this.#cancel(request.id);
              reject(new RunAbortedError("The run was ended"));
            };
          }),
        ]),
      abort: () => abort?.(),
      [Symbol.dispose]() {},
    };
  }

  async #run(
    { id, spec, inputs }: RunRequest,
    onProgress: (done: number, total: number) => void,
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
      // A job of this name that is there already, perhaps done, is not added again.
      const job = await this.#queue.add("run", data, {
        jobId: id,
        removeOnComplete: { age: KEPT_SECONDS },
        removeOnFail: true,
      });
      const result = await job.waitUntilFinished(this.#events).catch((error: Error) => {
        throw new RunBrokenError(error.message);
      });
      await job.remove();
      if (result.kind === "outputs") {
        return result.outputs.map(({ name, content }) => ({ name, content: contentOf(content) }));
      }
      throw new RunRefusedError(result.message);
    } finally {
      this.#events.off("progress", listener);
    }
  }

  async #cancel(id: string) {
    await this.#redis.publish(this.#cancelChannel, id);
    // A job that waits goes; one that a worker has cannot, and ends by itself.
    await this.#queue.remove(id).catch(() => {});
  }

  async [Symbol.asyncDispose]() {
    await this.#events.close();
    await this.#queue.close();
    this.#redis.disconnect();
  }
}

/** Options of {@linkcode redisWorker}. */
interface RedisWorkerOptions {
  readonly url: string;
  readonly platformDigest: string;
  /** The name that a run has on this machine. */
  readonly idOf: (spec: RunSpec) => Promise<string>;
  /** Runs at a time. */
  readonly width: number;
  readonly folders: WorkFolders;
  readonly onFault: (fault: unknown) => void;
}

/** The side that does runs, until disposed of. */
export function redisWorker(options: RedisWorkerOptions): AsyncDisposable {
  const { url, platformDigest, width, folders, idOf, onFault } = options;
  const { queue, cancel } = namesOf(platformDigest);
  const redis = connect(url, onFault);
  const cancellations = connect(url, onFault);
  const idle = Array.from({ length: width }, () => new WorkerHandle(folders));
  const active = new Map<string, WorkerHandle>();
  cancellations.subscribe(cancel).catch(onFault);
  cancellations.on("message", (_channel, id) => active.get(id)?.abort());
  const worker = new Worker<JobData, JobResult>(queue, async (job) => {
    const handle = idle.pop()!;
    active.set(job.id!, handle);
    try {
      const request = { id: job.id!, spec: job.data.spec, inputs: inputsOf(job.data) };
      const onProgress = (done: number, total: number) => {
        job.updateProgress({ done, total }).catch(onFault);
      };
      if (await idOf(request.spec) !== request.id) throw new RunRefusedError(OTHER_ARITHMETIC);
      const outputs = await handle.run(request, onProgress);
      return {
        kind: "outputs",
        outputs: outputs.map(({ name, content }) => ({ name, content: contentText(content) })),
      };
    } catch (error) {
      if (error instanceof RunRefusedError) return { kind: "refused", message: error.message };
      if (!(error instanceof RunAbortedError)) onFault(error);
      throw error;
    } finally {
      active.delete(job.id!);
      idle.push(handle);
    }
  }, {
    connection: asConnection(redis),
    concurrency: width,
    lockDuration: LOCK_MS,
    stalledInterval: LOCK_MS / 2,
    maxStalledCount: MOST_STALLS,
  });
  worker.on("error", onFault);
  return {
    async [Symbol.asyncDispose]() {
      await worker.close();
      for (const handle of idle) handle[Symbol.dispose]();
      cancellations.disconnect();
      redis.disconnect();
    },
  };
}

function inputsOf({ inputs }: JobData): Inputs {
  return new Map(inputs.map(([reference, content]) => [reference, contentOf(content)]));
}
