/**
 * `kvpim plugin bench`: policies beside each other on one layer, or memory models on its programs.
 *
 * @module
 */
import { Command } from "commander";
import type { PluginKind } from "../../../wasm/sdk/contracts.ts";
import { idleOptions, type IdleRule } from "../idle_options.ts";
import { distinctPolicies, parsePolicies, type PolicyChoice } from "../policy/policy_choice.ts";
import { type OpenPolicies, openPolicies } from "../policy/open_policy.ts";
import type { Surroundings } from "../surroundings.ts";
import { locating, locatingAsync, UserError } from "../user_error.ts";
import { calibrationOption, readCalibration } from "./calibration.ts";
import { addLayerOptions, checkLayer, type LayerOptions } from "./layer_options.ts";
import { type MeasuredMemory, measureOpenMemory, memoryTable } from "./measure_memories.ts";
import { type MeasuredPolicy, measureOpenPolicy, policyTable } from "./measure_policies.ts";
import { isMemory, kindOf, openPlugin, PLUGIN_SYNTAX } from "./open_plugin.ts";

interface BenchOptions extends LayerOptions {
  readonly calibration?: string;
  readonly json?: true;
}

const DETAILS = `
Policies: keys and queries are made up, the same for all: each key is 0.9 times the one before plus
noise, queries are noise. Real ones differ; kvpim compare runs a model. Times are those of the calls
in milliseconds, host included: prompt is reading the whole prompt, step the median of append, select
and observe. Recall is the share of the budget tokens of the largest exact scores that is kept. Rows
of 16 tokens (rows16) and tokens are means of a step and query head; read is what a step reads to
decide, in bytes of all heads.

Memory models: a decode step's attention of the layer on one stack, at each level the memory computes
at: all of --context, the first tokens of --budget, as many in blocks as far apart as can be, and the
first ones for the queries that share a KV head. Host is the median time of a call that asks for the
program in a fresh instance. A memory that cannot serve a program names the field.

Plugins of this repository run on this thread without metering, others in a worker with it.
${PLUGIN_SYNTAX} Several are given apart or with commas, all of one kind.

Examples:
  kvpim plugin bench starc quest sparq oracle-topk random
  kvpim plugin bench ./my-policy quest --context 32000 --budget 1024
  kvpim plugin bench ./my-memory hbm3-pim-bank hbm3-pim-buffer`;

/** The command. */
export function benchCommand(surroundings: Surroundings): Command {
  const command = new Command("bench")
    .description("Compare policies on one layer, or memory models on its programs.")
    .argument("<plugin...>", "names, components or folders");
  return addLayerOptions(command, { context: 4096, budget: 512, steps: 16 })
    .addOption(calibrationOption())
    .option("--json", "print as JSON")
    .addHelpText("after", DETAILS)
    .action((plugins: string[], options: BenchOptions) =>
      bench(plugins, options, command, surroundings)
    );
}

async function bench(
  names: readonly string[],
  options: BenchOptions,
  command: Command,
  { out, err }: Surroundings,
) {
  checkLayer(options);
  const parsed = locating("<plugin>", () => names.flatMap(parsePolicies));
  const choices = distinctPolicies(parsed, "<plugin>");
  const kind = await onlyKind(choices);
  for (const note of idleOptions(command, idleRules(kind))) err(`note: ${note}\n`);
  if (kind === "memory") {
    const measured = await measureMemories(choices, options);
    return out(options.json ? json(options, measured) : memoryTable(measured));
  }
  using opened = await openPolicies(choices);
  const measured = await measurePolicies(opened, options);
  out(options.json ? json(options, measured) : policyTable(measured));
}

/** When options are of no use. */
function idleRules(kind: PluginKind): IdleRule[] {
  return [
    {
      options: ["--steps", "--calibration"],
      isMet: kind === "policy",
      otherwise: "changes nothing for memory models",
    },
    { options: ["--power"], isMet: kind === "memory", otherwise: "changes nothing for policies" },
  ];
}

/** The kind of all plugins. */
async function onlyKind(choices: readonly PolicyChoice[]): Promise<PluginKind> {
  const kinds: { readonly label: string; readonly kind: PluginKind }[] = [];
  for (const { label, source } of choices) {
    kinds.push({ label, kind: await locatingAsync(label, () => kindOf(source)) });
  }
  const [policy, memory] = (["policy", "memory"] as const)
    .map((kind) => kinds.find((one) => one.kind === kind));
  if (policy !== undefined && memory !== undefined) {
    throw new UserError(
      "<plugin>: expected policies or memory models but found both: " +
        `${policy.label} is a policy, ${memory.label} a memory model`,
    );
  }
  return kinds[0]!.kind;
}

async function measurePolicies(
  { policies }: OpenPolicies,
  options: BenchOptions,
): Promise<MeasuredPolicy[]> {
  const calibration = readCalibration(options.calibration);
  const measured: MeasuredPolicy[] = [];
  for (const policy of policies) {
    measured.push(await measureOpenPolicy(policy, options, calibration));
  }
  return measured;
}

async function measureMemories(
  choices: readonly PolicyChoice[],
  options: BenchOptions,
): Promise<MeasuredMemory[]> {
  const measured: MeasuredMemory[] = [];
  for (const choice of choices) {
    using opened = await openPlugin(choice);
    if (isMemory(opened)) measured.push(...await measureOpenMemory(opened, options));
  }
  return measured;
}

function json(layer: BenchOptions, measured: readonly unknown[]): string {
  return `${JSON.stringify({ layer, measured }, null, 2)}\n`;
}
