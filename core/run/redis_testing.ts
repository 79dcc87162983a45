/**
 * For tests only: a Redis of a test's own.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { inFolder } from "./testing.ts";

const REDIS = "/usr/bin/redis-server";
const HOST = "127.0.0.1";

/** A Redis that keeps nothing when it ends. */
export class RedisProcess implements AsyncDisposable {
  readonly url: string;
  readonly #args: readonly string[];
  readonly #port: number;
  #child: Deno.ChildProcess | undefined;

  constructor(folder: string, options: readonly string[]) {
    const listener = Deno.listen({ hostname: HOST, port: 0 });
    this.#port = listener.addr.port;
    listener.close();
    this.url = `redis://${HOST}:${this.#port}`;
    const place = ["--port", String(this.#port), "--bind", HOST, "--dir", folder];
    this.#args = [...place, "--save", "", ...options];
  }

  /** Starts it, anew after {@linkcode kill}, and waits until it answers. */
  async start() {
    const args = [...this.#args];
    this.#child = new Deno.Command(REDIS, { args, stdout: "null", stderr: "null" }).spawn();
    while (!await this.#answers()) await sleep(20);
  }

  #answers(): Promise<boolean> {
    return Deno.connect({ hostname: HOST, port: this.#port }).then(
      (connection) => {
        connection.close();
        return true;
      },
      () => false,
    );
  }

  /** Ends it without warning. */
  async kill() {
    this.#child?.kill("SIGKILL");
    await this.#child?.status;
    this.#child = undefined;
  }

  async [Symbol.asyncDispose]() {
    await this.kill();
  }
}

/** A test with a Redis of its own; skipped, saying so, where there is no redis-server. */
export function redisTest(
  name: string,
  test: (redis: RedisProcess, folder: string) => Promise<void>,
  options: readonly string[] = [],
) {
  const isAbsent = !existsSync(REDIS);
  Deno.test({
    name: isAbsent ? `${name} (skipped: ${REDIS} is absent)` : name,
    ignore: isAbsent,
    fn: inFolder(async (folder) => {
      await using redis = new RedisProcess(folder, options);
      await redis.start();
      await test(redis, folder);
    }),
  });
}
