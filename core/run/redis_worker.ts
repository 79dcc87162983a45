/**
 * Doing the runs of a queue of Valkey or Redis: the side of the workers.
 *
 * @module
 */
import { Worker } from "bullmq";
import type { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { contentOf, contentText } from "./content_text.ts";
import { RunAbortedError, RunRefusedError } from "./executor.ts";
import type { Inputs } from "./kinds/kind.ts";
import {
  asConnection,
  CLOSE_MS,
  connect,
  ConnectionFaults,
  type JobData,
  type JobResult,
  namesOf,
} from "./redis_jobs.ts";
import type { RunSpec } from "./run_spec.ts";
import type { WorkFolders } from "./run_worker.ts";
import { WorkerHandle } from "./worker_handle.ts";

/** How long a job stays taken after its worker ended. */
const LOCK_MS = 10_000;
/** Workers that may end on a job before it fails. */
const MOST_STALLS = 3;
/** How often it is looked whether Redis is there while the worker ends. */
const LOOK_MS = 100;

const OTHER_ARITHMETIC =
  "Expected a worker that computes as the server does, to the bit, but found one that does not";

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

/**
 * The side that does runs, until disposed of: it then ends those it is at, unless Redis is out of
 * reach and could not be told of them; another worker takes them over.
 */
export function redisWorker(options: RedisWorkerOptions): AsyncDisposable {
  const { url, platformDigest, width, folders, idOf } = options;
  const { queue, cancel } = namesOf(platformDigest);
  let isClosed = false;
  const onFault = (fault: unknown) => {
    if (!isClosed) options.onFault(fault);
  };
  const faults = new ConnectionFaults(onFault);
  const redis = connect(url, faults);
  const cancellations = connect(url, faults);
  const idle = Array.from({ length: width }, () => new WorkerHandle(folders));
  const active = new Map<WorkerHandle, string>();
  cancellations.subscribe(cancel).catch(faults.tell);
  cancellations.on("message", (_channel, id) => {
    // One that the queue lost may be here a second time.
    for (const [handle, activeId] of active) if (activeId === id) handle.abort();
  });
  const worker = new Worker<JobData, JobResult>(queue, async (job) => {
    const handle = idle.pop()!;
    active.set(handle, job.id!);
    try {
      const request = { id: job.id!, spec: job.data.spec, inputs: inputsOf(job.data) };
      const onProgress = (done: number, total: number) => {
        job.updateProgress({ done, total }).catch(faults.tell);
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
      active.delete(handle);
      idle.push(handle);
    }
  }, {
    connection: asConnection(redis),
    concurrency: width,
    lockDuration: LOCK_MS,
    stalledInterval: LOCK_MS / 2,
    maxStalledCount: MOST_STALLS,
  });
  worker.on("error", faults.tell);
  return {
    async [Symbol.asyncDispose]() {
      await Promise.race([worker.close(), nothingToWaitFor(redis, active)]);
      isClosed = true;
      // What is still active fails nowhere: its lock runs out, and another worker takes it.
      for (const handle of [...idle, ...active.keys()]) handle[Symbol.dispose]();
      cancellations.disconnect();
      redis.disconnect();
    },
  };
}

/** Ends once, for some time, no run was under way whose results Redis could take. */
async function nothingToWaitFor(redis: Redis, active: ReadonlyMap<unknown, unknown>) {
  let since = performance.now();
  while (performance.now() - since < CLOSE_MS) {
    await sleep(LOOK_MS, undefined, { ref: false });
    if (active.size > 0 && redis.status === "ready") since = performance.now();
  }
}

function inputsOf({ inputs }: JobData): Inputs {
  return new Map(inputs.map(([reference, content]) => [reference, contentOf(content)]));
}
