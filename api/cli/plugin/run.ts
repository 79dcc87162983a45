/**
 * `kvpim plugin run`: what a plugin does, at a glance, again after every change.
 *
 * @module
 */
import { Command } from "commander";
import { setImmediate } from "node:timers/promises";
import { defaultMemory } from "../../../core/memory/built_in_memories.ts";
import { DisagreementError } from "../disagreement_error.ts";
import { openPolicies, type OpenPolicy } from "../policy/open_policy.ts";
import { parsePolicies, type PolicyChoice } from "../policy/policy_choice.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";
import { calibrationOption, readCalibration } from "./calibration.ts";
import { lineOf, onePlugin, resultsOf } from "./conformance.ts";
import { checkedOption } from "../option.ts";
import { wholeNumber } from "../values.ts";
import { addLayerOptions, checkLayer, type LayerOptions } from "./layer_options.ts";
import { measureOpenMemory, memoryTable } from "./measure_memories.ts";
import { type MeasuredPolicy, measureOpenPolicy, policyTable } from "./measure_policies.ts";
import {
  isMemory,
  type OpenMemoryPlugin,
  type OpenPlugin,
  openPlugin,
  PLUGIN_SYNTAX,
} from "./open_plugin.ts";
import { folderOf, watchFolder } from "./watch_folder.ts";

interface RunOptions extends LayerOptions {
  readonly calibration?: string;
  readonly perplexity?: number;
  readonly watch?: true;
}

/** What a policy is shown beside: everything, and the best choice of tokens. */
const CONTROLS = ["full", "oracle-topk"];

const DETAILS = `
Builds the plugin, puts it to the tests that take moments (all of them: kvpim plugin test), and shows
its figures: a policy's beside full and oracle-topk on a layer with made-up values, a memory model's
beside the built-in one of its level. kvpim plugin bench says what the columns mean. With --perplexity
a policy decodes an excerpt of Moby Dick instead, as kvpim eval ppl does, behind --context tokens that
are read at once.

With --watch it does so again whenever a file of the folder changes, and a mistake in the source is a
line; Ctrl-C ends it.
${PLUGIN_SYNTAX}

Examples:
  kvpim plugin run ./my-policy --watch
  kvpim plugin run ./my-policy --perplexity 64 --context 512 --budget 64
  kvpim plugin run ./my-memory --context 32768`;

/** The command. */
export function runCommand(surroundings: Surroundings): Command {
  const command = new Command("run")
    .description("Build, test and measure a plugin at a glance, again after every change.")
    .argument("<plugin>", "name, component or folder");
  return addLayerOptions(command, { context: 1024, budget: 256, steps: 8 })
    .addOption(calibrationOption())
    .addOption(
      checkedOption(
        "--perplexity <tokens>",
        "of a policy, rather: perplexity of so many tokens behind the context, with the tiny model",
        wholeNumber(1, 2 ** 20),
      ),
    )
    .option("--watch", "again whenever a file of the folder changes")
    .addHelpText("after", DETAILS)
    .action((plugin: string, options: RunOptions) => runPlugin(plugin, options, surroundings));
}

async function runPlugin(text: string, options: RunOptions, surroundings: Surroundings) {
  checkLayer(options);
  if (options.perplexity !== undefined && options.calibration !== undefined) {
    throw new UserError(
      "--perplexity: expected no --calibration, which is one layer's here, but found one; " +
        "kvpim eval ppl takes a model's",
    );
  }
  const choice = onePlugin(text);
  const round = (signal?: AbortSignal) => runOnce(choice, options, surroundings, signal);
  if (!options.watch) return await round();
  const folder = folderOf(choice.source);
  if (folder === undefined) {
    throw new UserError(`--watch: expected a plugin's folder but found ${choice.source}`);
  }
  await watchFolder(folder, round, surroundings);
}

/** One round; between its steps it ends where the signal says so. */
async function runOnce(
  choice: PolicyChoice,
  options: RunOptions,
  { out }: Surroundings,
  signal?: AbortSignal,
) {
  const calibration = readCalibration(options.calibration);
  const start = performance.now();
  using opened = await openPlugin(choice);
  if (isMemory(opened) && options.perplexity !== undefined) {
    throw new UserError(`--perplexity: expected a policy but found a memory, ${choice.label}`);
  }
  out(`${choice.label}: ready in ${(performance.now() - start).toFixed(0)} ms\n`);
  await betweenSteps(signal);
  await testQuickly(opened, calibration, out, signal);
  out(
    isMemory(opened)
      ? await memoryFigures(opened, options, signal)
      : await policyFigures(opened, options, calibration, signal),
  );
}

/** One line if all is well, else one a failed test. */
async function testQuickly(
  opened: OpenPlugin,
  calibration: { calibration?: Uint8Array },
  out: Surroundings["out"],
  signal?: AbortSignal,
) {
  let [passed, leftOut, failed, milliseconds] = [0, 0, 0, 0];
  for await (const result of resultsOf(opened, "quick", calibration)) {
    await betweenSteps(signal);
    milliseconds += result.milliseconds;
    if (result.leftOut !== undefined) leftOut++;
    else if (result.failure === undefined) passed++;
    else {
      failed++;
      out(`${lineOf(result)}\n`);
    }
  }
  if (failed > 0) {
    throw new DisagreementError(
      `${opened.choice.label}: expected all tests to pass but ${failed} failed`,
    );
  }
  const others = leftOut === 0 ? "" : `, ${leftOut} left out`;
  out(`ok: ${passed} tests${others} (${milliseconds.toFixed(0)} ms)\n`);
}

async function policyFigures(
  own: OpenPolicy,
  options: RunOptions,
  calibration: { calibration?: Uint8Array },
  signal?: AbortSignal,
): Promise<string> {
  const names = CONTROLS.filter((one) => one !== own.choice.label);
  using controls = await openPolicies(parsePolicies(names.join(",")));
  const policies = [own, ...controls.policies];
  if (options.perplexity !== undefined) {
    // Loaded only when needed: a language model takes a second.
    const { perplexityFigures } = await import("./perplexity_figures.ts");
    return await perplexityFigures(policies, options.perplexity, options, signal);
  }
  const measured: MeasuredPolicy[] = [];
  for (const policy of policies) {
    await betweenSteps(signal);
    measured.push(await measureOpenPolicy(policy, options, policy === own ? calibration : {}));
  }
  return policyTable(measured);
}

async function memoryFigures(
  own: OpenMemoryPlugin,
  options: RunOptions,
  signal?: AbortSignal,
): Promise<string> {
  const measured = await measureOpenMemory(own, options);
  const names = new Set(own.description.levels.map(({ level }) => defaultMemory(level)));
  for (const name of names) {
    await betweenSteps(signal);
    if (name === own.choice.source) continue;
    using other = await openPlugin(parsePolicies(name)[0]!);
    if (isMemory(other)) measured.push(...await measureOpenMemory(other, options));
  }
  return memoryTable(measured);
}

/** Lets signals through, which wait while plugins run on this thread; ends a round that is over. */
async function betweenSteps(signal?: AbortSignal) {
  await setImmediate();
  signal?.throwIfAborted();
}
