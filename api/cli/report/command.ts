/**
 * `kvpim report`: where the difference between two ways of computing comes from.
 *
 * @module
 */
import { Command } from "commander";
import { levelsOf } from "../../../core/system/machine.ts";
import type { SystemSpec } from "../../../core/system/spec.ts";
import { switchEffects } from "../../../core/system/switch_effects.ts";
import { type Profile, profiles } from "../../../core/system/switches.ts";
import { idleOptions, type IdleRule } from "../idle_options.ts";
import { addMemoryChoice, openMemory } from "../memory_access.ts";
import { checkedOption, repeatableOption } from "../option.ts";
import { OutputFile, writeFile } from "../output_file.ts";
import { requireOwnFile } from "../own_file.ts";
import { Progress } from "../progress.ts";
import { filesRead, parseMethod, sparsityOf, specOfMethod } from "../simulate/budget_source.ts";
import { idleInExperiment, idleInMethods } from "../simulate/idle_rules.ts";
import {
  addExperimentOptions,
  BY_METHOD,
  READING_OPTIONS,
  type SimulateOptions,
  toSpec,
} from "../simulate/options.ts";
import type { Surroundings } from "../surroundings.ts";
import { figureTable } from "../table.ts";
import { UserError, userFacingAsync } from "../user_error.ts";
import { oneOfWords } from "../values.ts";
import { MEASURES, type ReportedEffects, waterfallSvg } from "./waterfall.ts";

const EXAMPLES = `
Every switch in which the profiles differ is turned alone, and then one after the other in the order
of kvpim simulate --list-switches. Without a --method there is one experiment, which reads what
--sparsity and the options beside it or --trace say: all tokens unless stated.

Example:
  kvpim report --switches --system dgx-attacc --gpu H100 --model Mistral-7B --batch 16 \\
    --powerlimit --ffopt --pipeopt --lout 16000 --method full=full --method STARC=kv.txt \\
    --chart switches.svg`;

interface ReportOptions extends SimulateOptions {
  readonly switches?: true;
  readonly to: Profile;
}

/** The command. */
export function reportCommand(surroundings: Surroundings): Command {
  const command = new Command("report")
    .description("Where a difference comes from: the effect of every switch between two profiles.");
  addExperimentOptions(command)
    .option("--switches", "the effect of each switch, alone and together")
    .addOption(
      checkedOption(
        "--to <name>",
        "the profile that --profile is turned into",
        oneOfWords(profiles),
      )
        .default("corrected"),
    )
    .addOption(
      repeatableOption("--method <name=budget>", "an experiment, as in simulate", parseMethod)
        .conflicts([...READING_OPTIONS]),
    )
    .option("--chart <file>", "the way from one profile to the other as a picture (SVG)")
    .option("--json", "print the effects as JSON");
  return addMemoryChoice(command)
    .addHelpText("after", EXAMPLES)
    .action((options: ReportOptions) => report(options, command, surroundings));
}

async function report(options: ReportOptions, command: Command, surroundings: Surroundings) {
  const { switches, chart, to, profile, json } = options;
  if (!switches) throw new UserError("expected --switches but found nothing to report");
  requireOwnFile("--chart", chart, filesRead(options));
  if (chart !== undefined) OutputFile.check("--chart", chart);
  const experiments = await experimentsOf(options);
  const effects = await effectsOf(experiments, options, surroundings);
  for (const note of idleOptions(command, idleRules(options))) surroundings.err(`note: ${note}\n`);
  const title = titleOf(experiments[0]!.spec);
  if (chart !== undefined) {
    writeFile("--chart", chart, await waterfallSvg(title, [profile, to], effects));
  }
  if (json) return surroundings.out(`${JSON.stringify({ experiments: effects }, null, 2)}\n`);
  const tables = effects.map((one) => tableOf(one, profile, to));
  surroundings.out(`${[title, ...tables].join("\n\n")}\n`);
  if (chart !== undefined) surroundings.out(`\nThe picture: ${chart}\n`);
}

/** An experiment whose switches are turned. */
interface Experiment {
  readonly name: string;
  readonly spec: SystemSpec;
}

async function experimentsOf(options: ReportOptions): Promise<Experiment[]> {
  if (options.method) {
    return await Promise.all(options.method.map(async (method) => ({
      name: method.name,
      spec: await specOfMethod(method, options),
    })));
  }
  if (options.selection === BY_METHOD) {
    throw new UserError("--selection: expected --method beside by-method but found none");
  }
  const sparsity = await sparsityOf(options);
  const name = sparsity === null ? "full" : "sparse";
  return [{ name, spec: toSpec(options, sparsity, options.clustering) }];
}

function idleRules(options: ReportOptions): IdleRule[] {
  return options.method ? idleInMethods(options, options.method) : idleInExperiment(options);
}

async function effectsOf(
  experiments: readonly Experiment[],
  options: ReportOptions,
  surroundings: Surroundings,
): Promise<ReportedEffects[]> {
  const levels = levelsOf(experiments.map(({ spec }) => spec));
  using opened = await openMemory(options, surroundings.env, levels);
  const reported: ReportedEffects[] = [];
  for (const { name, spec } of experiments) {
    using progress = new Progress(surroundings, name, undefined, "programs");
    const onProgress = (done: number, total: number) => progress.update(done, total);
    const effects = await userFacingAsync(() =>
      switchEffects(spec, options.to, opened.memory, { onProgress })
    );
    reported.push({ name, ...effects });
  }
  return reported;
}

function titleOf({ model, lin, lout, batch, rows }: SystemSpec): string {
  return `${model}: ${lin} tokens in, ${lout} out, batch ${batch}, ${rows} rows`;
}

function tableOf(
  { name, before, effects, after }: ReportedEffects,
  from: string,
  to: string,
): string {
  const cells = (row: typeof before, reference: typeof before) =>
    MEASURES.flatMap(({ valueOf }) => {
      const [value, of] = [valueOf(row), valueOf(reference)];
      return [value.toFixed(4), `${(100 * (value / of - 1)).toFixed(2)} %`];
    });
  const head = MEASURES.flatMap(({ unit }) => [`alone, ${unit}`, "change"]);
  const rows = effects.map((effect) => [
    `${effect.name} = ${effect.to}`,
    ...(effect.refused ? ["refused", "", "", ""] : cells(effect.alone, before)),
    ...MEASURES.map(({ valueOf }) => valueOf(effect.together).toFixed(4)),
  ]);
  const whole = MEASURES.map(({ valueOf }) => valueOf(after).toFixed(4));
  const table = figureTable(
    [name, ...head, ...MEASURES.map(({ unit }) => `together, ${unit}`)],
    [
      [
        from,
        ...cells(before, before),
        ...MEASURES.map(({ valueOf }) => valueOf(before).toFixed(4)),
      ],
      ...rows,
      [to, ...cells(after, before), ...whole],
    ],
  );
  const refusals = effects.flatMap(({ name, refused }) => refused ? [`${name}: ${refused}`] : []);
  return [table, ...refusals].join("\n");
}
