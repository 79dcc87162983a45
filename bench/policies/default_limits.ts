/**
 * What policies take of the host's default limits for one layer of Llama-3.1-8B at 32k tokens and a
 * budget of 1024: prompt and three steps. One that runs out of something ends with what it ran out
 * of, and the exit code is 1.
 *
 *     deno run -A bench/policies/default_limits.ts starc cluster-kv
 *
 * @module
 */
import Table from "cli-table3";
import { PolicyRun } from "../../core/conformance/policy_run.ts";
import { DEFAULT_LIMITS, PluginFailure } from "../../core/host/mod.ts";
import { builtPolicy } from "../../plugins/testing/built_plugin.ts";
import { HEAD_DIM, KV_HEADS, QUERY_HEADS } from "./layer_run.ts";

const CONTEXT = 32768;
const BUDGET = 1024;
const STEPS = 3;
const SHAPE = { queryHeads: QUERY_HEADS, kvHeads: KV_HEADS, headDim: HEAD_DIM };
const PLUGINS = new URL("../../plugins/", import.meta.url);

/** Runs the layer as `plugin test` runs one, with every input a policy asks for. */
async function runLayer(name: string): Promise<string[]> {
  const policy = await builtPolicy(name);
  const run = await PolicyRun.open(policy, {
    shape: SHAPE,
    budget: BUDGET,
    maxTokens: CONTEXT + STEPS,
  });
  try {
    await run.prefill([CONTEXT]);
    for (let step = 0; step < STEPS; step++) await run.step();
  } finally {
    run.close();
    policy.close();
  }
  const { fuel, memoryBytes } = run.most;
  return [
    fuel.toExponential(2),
    percent(fuel / DEFAULT_LIMITS.fuelPerCall),
    (memoryBytes / 2 ** 20).toFixed(0),
    percent(memoryBytes / DEFAULT_LIMITS.memoryBytes),
    `${(run.milliseconds / 1000).toFixed(1)} s`,
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Folders of policies. */
function builtIns(): string[] {
  return [...Deno.readDirSync(PLUGINS)].map(({ name }) => name).sort().filter((name) => {
    const manifest = new URL(`${name}/plugin.json`, PLUGINS);
    try {
      return JSON.parse(Deno.readTextFileSync(manifest)).kind === "policy";
    } catch {
      return false;
    }
  });
}

if (import.meta.main) {
  const head = ["policy", "most fuel", "of limit", "most MiB", "of limit", "time"];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const name of Deno.args.length > 0 ? Deno.args : builtIns()) {
    try {
      table.push([name, ...await runLayer(name)]);
    } catch (error) {
      if (!(error instanceof PluginFailure)) throw error;
      table.push([name, { colSpan: 5, content: error.message }]);
      Deno.exitCode = 1;
    }
  }
  // deno-lint-ignore no-console
  console.log(table.toString());
}
