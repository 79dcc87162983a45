/**
 * What both sides of a queue of Valkey or Redis share: the names, the shape of a job, the connections.
 *
 * A queue is named by the platform's digest, so that a worker takes only runs whose bytes it makes
 * as every other process of the queue does.
 *
 * @module
 */
import type { ConnectionOptions } from "bullmq";
import { Redis } from "ioredis";
import type { ContentText } from "./content_text.ts";
import type { RunSpec } from "./run_spec.ts";

/** How long what ends may wait for Redis. */
export const CLOSE_MS = 2000;

/** A run as a job holds it. */
export interface JobData {
  readonly spec: RunSpec;
  readonly inputs: readonly (readonly [reference: string, content: ContentText])[];
}

/** What a job comes to; one that was cancelled or broke fails, and leaves nothing behind. */
export type JobResult =
  | {
    readonly kind: "outputs";
    readonly outputs: readonly { readonly name: string; readonly content: ContentText }[];
  }
  | { readonly kind: "refused"; readonly message: string };

export interface JobProgress {
  readonly done: number;
  readonly total: number;
}

/** Names of a queue and of the channel by which its jobs are cancelled. */
export function namesOf(platformDigest: string) {
  const queue = `kvpim-${platformDigest.slice(0, 16)}`;
  return { queue, cancel: `${queue}-cancel` };
}

/** Connects, and does so again and again where that fails. */
export function connect(url: string, faults: ConnectionFaults): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on("error", faults.tell);
  redis.on("ready", faults.forget);
  return redis;
}

/** BullMQ knows a client by its methods; its types are those of another version of it. */
export const asConnection = (redis: Redis) => redis as unknown as ConnectionOptions;

/** Faults of connections that are tried again and again: each is told once until one succeeds. */
export class ConnectionFaults {
  readonly #onFault: (fault: unknown) => void;
  readonly #told = new Set<string>();

  constructor(onFault: (fault: unknown) => void) {
    this.#onFault = onFault;
  }

  readonly tell = (fault: unknown) => {
    const text = String(fault);
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#onFault(fault);
  };

  readonly forget = () => this.#told.clear();
}
