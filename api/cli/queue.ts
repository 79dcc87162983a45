/**
 * The queue by which other processes do runs.
 *
 * @module
 */
import type { Option } from "commander";
import { openPlatform } from "../../core/run/platform.ts";
import type { RedisQueue } from "../../core/run/redis_queue.ts";
import { checkedOption } from "./option.ts";
import type { Surroundings } from "./surroundings.ts";
import { unexpected, UserError } from "./user_error.ts";

/** How long Redis may take to answer. */
const ANSWER_MS = 5000;

/** The option that names a queue. */
export function queueOption(description: string): Option {
  return checkedOption(
    "--queue <url>",
    `${description}: redis://[:password@]host:port of Valkey or Redis`,
    url,
  );
}

function url(text: string): string {
  const address = URL.parse(text);
  if (
    address && /^rediss?:$/.test(address.protocol) && isEncoded(address.username + address.password)
  ) return text;
  throw unexpected("an address such as redis://localhost:6379", text);
}

/** Whether every per cent sign of a part of an address says which character it stands for. */
function isEncoded(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/**
 * Opens the side of a queue that has runs done.
 *
 * @throws {UserError} when nothing answers there
 */
export async function openQueue(address: string, { err }: Surroundings): Promise<RedisQueue> {
  await checkReachable(address);
  // Loaded only when needed: it is much, and few need it.
  const { RedisQueue } = await import("../../core/run/redis_queue.ts");
  const { digest } = await openPlatform();
  return new RedisQueue(address, digest, (fault) => err(`kvpim: ${queueFault(fault)}\n`));
}

/** A fault in words. */
export function queueFault(fault: unknown): string {
  return `--queue: ${fault instanceof Error ? fault.message : String(fault)}`;
}

/** @throws {UserError} when what is at an address answers no commands */
export async function checkReachable(address: string): Promise<void> {
  const { Redis } = await import("ioredis");
  const redis = new Redis(address, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: ANSWER_MS,
    commandTimeout: ANSWER_MS,
    maxRetriesPerRequest: 0,
  });
  // What a command says that fails for want of a connection tells less than what came before it.
  const faults: unknown[] = [];
  redis.on("error", (fault) => faults.push(fault));
  await redis.ping().catch((fault) => faults.push(fault));
  redis.disconnect();
  if (faults.length === 0) return;
  const found = faults[0] instanceof Error ? faults[0].message : String(faults[0]);
  const { hostname } = new URL(address);
  throw new UserError(`--queue: expected Valkey or Redis at ${hostname} but found ${found}`);
}
