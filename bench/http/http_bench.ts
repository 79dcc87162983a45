// deno-lint-ignore-file no-console -- a bench prints its table
/**
 * How many stored results a second the service gives, and how long 200 runs asked for at once take.
 *
 * `deno run -A bench/http/http_bench.ts` starts `kvpim serve` as a process of its own, held to one
 * core where `taskset` is there, and asks it from this process:
 *
 * 1. as fast as 16 connections can, for 10 seconds, for a finished run and for its output.csv;
 * 2. 1,000 times a second for 10 seconds, each time measured from when the request was due, so that
 *    a service that falls behind shows it;
 * 3. for 200 runs at once, until all are done.
 *
 * CPU is the service's own, for each answer: its inverse is what a core gives on an idle machine.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import Table from "cli-table3";
import { ServerProcess } from "../../api/cli/serve/testing.ts";

const SECONDS = 10;
const CONNECTIONS = 16;
const RATE = 1000;

const RUN = {
  kind: "simulate",
  experiment: { system: "dgx-attacc", model: "Mistral-7B", lout: 200 },
} as const;

/** Milliseconds of requests. */
type Times = number[];

function percentile(times: Times, share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

async function request(url: string) {
  const response = await fetch(url);
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`Expected 200 but found ${response.status}`);
}

/** Clock ticks of `/proc` in a second. */
const TICKS = 100;

/** Seconds of CPU that a process has used; NaN where the system does not tell. */
function cpuSeconds(pid: number): number {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return NaN;
  const fields = readFileSync(path, "utf8").replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Every connection asks again as soon as it is answered. */
async function asFastAsPossible(url: string): Promise<Times> {
  const times: Times = [];
  const end = performance.now() + SECONDS * 1000;
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    while (performance.now() < end) {
      const begin = performance.now();
      await request(url);
      times.push(performance.now() - begin);
    }
  }));
  return times;
}

/** Requests are sent when they are due, whether or not earlier ones are answered. */
async function atRate(url: string): Promise<Times> {
  const times: Times = [];
  const begin = performance.now();
  const sent: Promise<void>[] = [];
  for (let i = 0; i < RATE * SECONDS; i++) {
    const due = begin + i * 1000 / RATE;
    const early = due - performance.now();
    if (early > 1) await sleep(early);
    sent.push(request(url).then(() => void times.push(performance.now() - due)));
  }
  await Promise.all(sent);
  return times;
}

const WAYS = [
  [`${CONNECTIONS} connections`, asFastAsPossible],
  [`${RATE} a second`, atRate],
] as const;

async function manyRuns(server: ServerProcess, runs: number): Promise<number> {
  const begin = performance.now();
  await Promise.all(Array.from(
    { length: runs },
    (_, i) => server.submit({ ...RUN, experiment: { ...RUN.experiment, lin: i + 1 } }),
  ));
  while (!new RegExp(`state="done"} ${runs + 1}\n`).test(await server.text("/metrics"))) {
    await sleep(50);
  }
  return (performance.now() - begin) / 1000;
}

async function measure(folder: string) {
  const isPinned = ["/usr/bin/taskset", "/bin/taskset"].some((path) => existsSync(path));
  await using server = await ServerProcess.start(folder);
  if (isPinned) {
    await new Deno.Command("taskset", { args: ["-apc", "0", String(server.pid)] }).output();
  }
  // The page is made in the background; not while something is measured.
  await server.text("/assets/main.js");
  const { id } = await server.submit(RUN, 60);
  const rows: (string | number)[][] = [];
  for (const path of [`/v1/runs/${id}`, `/v1/runs/${id}/output.csv`]) {
    const name = path.replace(id, "ID");
    for (const [asked, ask] of WAYS) {
      const before = cpuSeconds(server.pid);
      const times = await ask(server.url + path);
      const cpu = (cpuSeconds(server.pid) - before) / times.length * 1000;
      rows.push([name, asked, Math.round(times.length / SECONDS), ...ms(times), cpu.toFixed(2)]);
    }
  }
  const table = new Table({
    head: ["path", "asked", "answers/s", "p50, ms", "p99, ms", "CPU, ms"],
  });
  table.push(...rows);
  console.log(table.toString());
  console.log(isPinned ? "The service was held to one core." : "The service was held to no core.");
  console.log(
    `200 runs asked for at once: all done after ${(await manyRuns(server, 200)).toFixed(1)} s`,
  );
  console.log(`Memory of the service: ${Math.round(await server.memory() / 2 ** 20)} MiB`);
}

function ms(times: Times): string[] {
  return [0.5, 0.99].map((share) => percentile(times, share).toFixed(1));
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  try {
    await measure(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
