import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits for what goes on to end, for some time at most.
 *
 * @param ms most milliseconds
 *
 * @example
 * ```ts
 * import { atMost } from "./at_most.ts";
 *
 * await atMost(1, new Promise(() => {}));
 * ```
 */
export async function atMost(ms: number, action: Promise<unknown>): Promise<void> {
  const ended = new AbortController();
  try {
    await Promise.race([action, sleep(ms, undefined, { signal: ended.signal })]);
  } finally {
    ended.abort();
  }
}
