/**
 * The queue by which other processes do runs.
 *
 * @module
 */
import type { Option } from "commander";
import { createConnection } from "node:net";
import { openPlatform } from "../../core/run/platform.ts";
import type { RedisQueue } from "../../core/run/redis_queue.ts";
import { checkedOption } from "./option.ts";
import type { Surroundings } from "./surroundings.ts";
import { unexpected, UserError } from "./user_error.ts";

const REDIS_PORT = 6379;
const CONNECT_MS = 5000;

/** The option that names a queue. */
export function queueOption(description: string): Option {
  return checkedOption(
    "--queue <url>",
    `${description}: redis://host:port of Valkey or Redis`,
    url,
  );
}

function url(text: string): string {
  if (URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol)) return text;
  throw unexpected("an address such as redis://localhost:6379", text);
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

/** A fault in a line. */
export function queueFault(fault: unknown): string {
  return `--queue: ${fault instanceof Error ? fault.message : String(fault)}`;
}

/** @throws {UserError} when nothing answers at an address */
export function checkReachable(address: string): Promise<void> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const socket = createConnection(Number(port) || REDIS_PORT, hostname);
    const fail = (found: string) => {
      socket.destroy();
      reject(new UserError(`--queue: expected Valkey or Redis at ${hostname} but found ${found}`));
    };
    socket.setTimeout(CONNECT_MS, () => fail("no answer"));
    socket.on("error", ({ message }) => fail(message));
    socket.on("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}
