/**
 * `kvpim plugin bench`: policies beside each other on one layer.
 *
 * @module
 */
import { Command } from "commander";
import { measurePolicy, type PolicyMeasurement } from "../../../core/conformance/measure_policy.ts";
import { checkedOption } from "../option.ts";
import { openPolicies, type OpenPolicy } from "../policy/open_policy.ts";
import { distinctPolicies, parsePolicies, POLICY_SYNTAX } from "../policy/policy_choice.ts";
import type { Surroundings } from "../surroundings.ts";
import { figureTable } from "../table.ts";
import { locating, UserError } from "../user_error.ts";
import { wholeNumber } from "../values.ts";
import { calibrationOption, readCalibration } from "./calibration.ts";

interface BenchOptions {
  readonly context: number;
  readonly budget: number;
  readonly steps: number;
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly calibration?: string;
  readonly json?: true;
}

const DETAILS = `
Keys and queries are made up, the same for all policies: each key is 0.9 times the one before plus
noise, queries are noise. Real ones differ; kvpim compare runs a model. Times are those of the calls
in milliseconds, host included: prompt is reading the whole prompt, step the median of append, select
and observe. Recall is the share of the budget tokens of the largest exact scores that is kept. Rows
of 16 tokens (rows16) and tokens are means of a step and query head; read is what a step reads to
decide, in bytes of all heads. Policies of this repository run on this thread without metering, others
in a worker with it.
${POLICY_SYNTAX}

Examples:
  kvpim plugin bench starc quest sparq oracle-topk random
  kvpim plugin bench ./my-policy quest --context 32000 --budget 1024`;

/** The command. */
export function benchCommand(surroundings: Surroundings): Command {
  const command = new Command("bench")
    .description("Time a call, rows touched and recall of policies on one layer.")
    .argument("<policy...>", "names, components or folders");
  const number = (flags: string, description: string, least: number, standard: number) =>
    command.addOption(
      checkedOption(flags, description, wholeNumber(least, 2 ** 20)).default(standard),
    );
  number("--context <tokens>", "tokens of the prompt", 1, 4096);
  number("--budget <tokens>", "tokens a head may attend to in a step", 1, 512);
  number("--steps <count>", "decode steps", 1, 16);
  number("--query-heads <count>", "query heads of the layer", 1, 32);
  number("--kv-heads <count>", "KV heads of the layer", 1, 8);
  number("--head-dim <elements>", "elements of a head, a multiple of 4", 4, 128);
  return command
    .addOption(calibrationOption())
    .option("--json", "print as JSON")
    .addHelpText("after", DETAILS)
    .action((policies: string[], options: BenchOptions) => bench(policies, options, surroundings));
}

interface Measured {
  readonly policy: string;
  readonly measurement: PolicyMeasurement;
}

async function bench(names: readonly string[], options: BenchOptions, { out }: Surroundings) {
  checkShape(options);
  const choices = locating("<policy>", () => distinctPolicies(names.flatMap(parsePolicies)));
  using opened = await openPolicies(choices);
  const measured: Measured[] = [];
  for (const policy of opened.policies) measured.push(await measure(policy, options));
  out(
    options.json ? `${JSON.stringify({ layer: options, measured }, null, 2)}\n` : table(measured),
  );
}

async function measure(
  { choice, policy, parameters }: OpenPolicy,
  { context, budget, steps, queryHeads, kvHeads, headDim, calibration }: BenchOptions,
): Promise<Measured> {
  const tested = { policy, parameters, ...readCalibration(calibration) };
  const shape = { queryHeads, kvHeads, headDim };
  const measurement = await measurePolicy(tested, { shape, context, budget, steps });
  return { policy: choice.label, measurement };
}

function checkShape({ queryHeads, kvHeads, headDim }: BenchOptions) {
  if (queryHeads % kvHeads !== 0) {
    throw new UserError(
      `--query-heads: expected a multiple of ${kvHeads} KV heads but found ${queryHeads}`,
    );
  }
  if (headDim % 4 !== 0) {
    throw new UserError(`--head-dim: expected a multiple of 4 but found ${headDim}`);
  }
}

function table(measured: readonly Measured[]): string {
  const head = ["policy", "prompt, ms", "step, ms", "recall", "tokens"];
  const rows = measured.map(({ policy, measurement }) => {
    const { prefillMs, stepMs, recall, rows, readBytes } = measurement;
    return [
      policy,
      prefillMs.toFixed(1),
      stepMs.toFixed(3),
      recall.toFixed(4),
      rows.keptTokens.toFixed(1),
      rows.sequentialRows16.toFixed(1),
      rows.placedRows16.toFixed(1),
      readBytes.toFixed(0),
    ];
  });
  return `${figureTable([...head, "rows16 in text order", "as placed", "read, bytes"], rows)}\n`;
}
