import { Worker } from "bullmq";
import { deepEqual, equal, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { RunRefusedError } from "./executor.ts";
import { asConnection, connect, ConnectionFaults, type JobResult, namesOf } from "./redis_jobs.ts";
import { RedisQueue } from "./redis_queue.ts";
import { redisTest } from "./redis_testing.ts";
import { smallSpec } from "./testing.ts";

const PLATFORM = "0123456789abcdef";
const REQUEST = { id: "run", spec: smallSpec(), inputs: new Map() };

redisTest("a run that Redis loses as it restarts without its data is done again", async (redis) => {
  const isTaken = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const faults = new ConnectionFaults(() => {});
  const connection = connect(redis.url, faults);
  let jobs = 0;
  const worker = new Worker<unknown, JobResult>(namesOf(PLATFORM).queue, async () => {
    jobs++;
    isTaken.resolve();
    await mayEnd.promise;
    return { kind: "refused", message: "Expected another run" };
  }, { connection: asConnection(connection) });
  worker.on("error", faults.tell);
  {
    await using queue = new RedisQueue(redis.url, PLATFORM, () => {}, { lookMs: 20 });
    const run = queue.executor().run(REQUEST, () => {});
    await isTaken.promise;
    await redis.kill();
    await redis.start();
    mayEnd.resolve();
    await rejects(run, RunRefusedError);
    equal(jobs, 2);
  }
  // Otherwise it may wait for ever for a connection that was lost.
  await worker.close(true);
  connection.disconnect();
});

Deno.test("a queue that is tried again and again tells of its fault once, in no other way", async () => {
  const server = createServer((socket) => socket.end("HTTP/1.1 400\r\n"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  const tries = Promise.withResolvers<void>();
  let count = 0;
  server.on("connection", () => ++count === 8 && tries.resolve());
  const messages: unknown[] = [];
  const printed: unknown[] = [];
  const { error } = console;
  // deno-lint-ignore no-console
  console.error = (...parts) => printed.push(parts);
  try {
    await using _queue = new RedisQueue(
      `redis://127.0.0.1:${port}`,
      PLATFORM,
      (fault) => messages.push(String(fault)),
    );
    await tries.promise;
  } finally {
    // deno-lint-ignore no-console
    console.error = error;
    server.close();
  }
  deepEqual(messages, [messages[0]]);
  deepEqual(printed, []);
});

redisTest(
  "a queue is let go of while Redis is away, with runs under way and ended",
  async (redis) => {
    await using queue = new RedisQueue(redis.url, PLATFORM, () => {});
    const executor = queue.executor();
    const runs = [executor.run(REQUEST, () => {})];
    await redis.kill();
    const late = queue.executor();
    runs.push(late.run({ ...REQUEST, id: "late" }, () => {}));
    executor.abort();
    late.abort();
    for (const run of runs) await rejects(run, { name: "RunAbortedError" });
  },
);
