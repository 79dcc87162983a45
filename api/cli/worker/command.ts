/**
 * `kvpim worker`: does the runs of a queue.
 *
 * @module
 */
import { Command } from "commander";
import { digestsOf, openPlatform } from "../../../core/run/platform.ts";
import { runId } from "../../../core/run/run_spec.ts";
import { addMemoryOptions, type MemoryOptions } from "../memory_access.ts";
import { checkReachable, queueFault, queueOption } from "../queue.ts";
import { modelsFolder, modelsOption, resultFolder } from "../run_store.ts";
import { interrupted } from "../serve/interrupted.ts";
import type { Surroundings } from "../surroundings.ts";

interface WorkerOptions extends MemoryOptions {
  readonly queue: string;
  readonly models?: string;
}

const EXAMPLES = `
A worker takes only runs of a server whose program and memory models are the same as its own, so
that it makes the same bytes.

Example:
  kvpim serve --queue redis://queue.example:6379
  kvpim worker --queue redis://queue.example:6379      # on any number of machines`;

/** The command. */
export function workerCommand(surroundings: Surroundings): Command {
  const command = new Command("worker")
    .description("Do runs that kvpim serve --queue was asked for.")
    .addOption(queueOption("where runs wait").makeOptionMandatory())
    .addOption(modelsOption());
  return addMemoryOptions(command)
    .addHelpText("after", EXAMPLES)
    .action((options: WorkerOptions) => work(options, surroundings));
}

async function work(options: WorkerOptions, { env, out, err }: Surroundings) {
  const { queue: url, workers: width = navigator.hardwareConcurrency } = options;
  await checkReachable(url);
  const { redisWorker } = await import("../../../core/run/redis_worker.ts");
  const platform = await openPlatform();
  await using _worker = redisWorker({
    url,
    platformDigest: platform.digest,
    width,
    folders: { cache: resultFolder(options.cache, env), models: modelsFolder(options, env) },
    idOf: async (spec) => runId(spec, await digestsOf(spec, platform)),
    onFault: (fault) => err(`kvpim: ${queueFault(fault)}\n`),
  });
  out(`kvpim works on ${width} runs at a time\n`);
  await interrupted();
}
