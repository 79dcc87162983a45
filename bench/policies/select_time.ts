/**
 * How long policies take for one layer of Llama-3.1-8B at 32k tokens and a budget of 1024, and how
 * much of a `select` is not the policy's: lowering the queries, lifting the answer, which is read in
 * place as decoding does, checking it. The host's own code is hot, as after a few tokens of a model.
 *
 *     deno run -A bench/policies/select_time.ts starc quest sparq
 *
 * @module
 */
import Table from "cli-table3";
import { builtPolicy } from "../../plugins/testing/built_plugin.ts";
import { median } from "../median.ts";
import { CoreClock } from "./core_clock.ts";
import { LayerRun } from "./layer_run.ts";

const CONTEXT = 32768;
const BUDGET = 1024;
const STEPS = 130;
const WARM_UP_STEPS = 1000;
/** Steps at which STARC clusters its tail, beside the first. */
const FLUSH_STEPS = [65, 129];

/** Times of one policy, in milliseconds. */
interface Times {
  readonly prefill: number;
  readonly select: readonly number[];
  /** Of each select, what was spent outside the policy's own code. */
  readonly overhead: readonly number[];
  readonly append: readonly number[];
  readonly fuel: number;
  readonly memoryBytes: number;
}

async function measure(name: string, metering: boolean, clock: CoreClock): Promise<Times> {
  const policy = await builtPolicy(name, { metering, answers: "in-place" });
  const run = await LayerRun.open(policy, BUDGET, CONTEXT + STEPS);
  const { milliseconds: prefill } = await run.prefill(CONTEXT);
  const select: number[] = [];
  const overhead: number[] = [];
  const append: number[] = [];
  let fuel = 0;
  let memoryBytes = 0;
  for (let step = 1; step <= STEPS; step++) {
    append.push((await run.append()).milliseconds);
    clock.take();
    const { milliseconds, usage } = await run.select();
    select.push(milliseconds);
    overhead.push(milliseconds - clock.take());
    fuel = usage.fuel;
    memoryBytes = usage.memoryBytes;
  }
  run.close();
  return { prefill, select, overhead, append, fuel, memoryBytes };
}

/**
 * Lets the host's own code become hot, as it is after the first tokens of a model of 32 layers: selects
 * over a short context.
 */
async function warmUp(name: string) {
  const policy = await builtPolicy(name, { answers: "in-place" });
  const run = await LayerRun.open(policy, BUDGET, 2 * BUDGET + WARM_UP_STEPS);
  await run.prefill(2 * BUDGET);
  for (let step = 1; step <= WARM_UP_STEPS; step++) {
    await run.append();
    await run.select();
  }
  run.close();
}

if (import.meta.main) {
  const names = Deno.args.length > 0 ? Deno.args : ["full", "starc", "quest", "sparq"];
  const clock = CoreClock.install();
  const table = new Table({
    head: [
      "policy",
      "metered",
      "select ms",
      "least",
      "overhead ms",
      "least",
      "overhead",
      "append ms",
      "flush ms",
      "prefill ms",
      "fuel",
      "MiB",
    ],
    style: { head: [], border: [] },
  });
  for (const name of names) {
    await warmUp(name);
    for (const metering of [true, false]) {
      const { prefill, select, overhead, append, fuel, memoryBytes } = await measure(
        name,
        metering,
        clock,
      );
      table.push([
        name,
        metering ? "yes" : "no",
        median(select).toFixed(2),
        Math.min(...select).toFixed(2),
        median(overhead).toFixed(3),
        Math.min(...overhead).toFixed(3),
        `${(100 * median(overhead) / median(select)).toFixed(1)} %`,
        median(append).toFixed(3),
        Math.min(...FLUSH_STEPS.map((step) => append[step - 1] ?? NaN)).toFixed(2),
        prefill.toFixed(0),
        String(fuel),
        (memoryBytes / 2 ** 20).toFixed(0),
      ]);
    }
  }
  // deno-lint-ignore no-console
  console.log(table.toString());
}
