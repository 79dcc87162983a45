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
import { addMemoryChoice, openMemory } from "../memory_access.ts";
import { checkedOption, repeatableOption } from "../option.ts";
import { OutputFile, writeFile } from "../output_file.ts";
import { requireOwnFile } from "../own_file.ts";
import { Progress } from "../progress.ts";
import { filesRead, parseMethod, sparsityOfMethod } from "../simulate/budget_source.ts";
import {
  addExperimentOptions,
  type Method,
  selectionOf,
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
of kvpim simulate --list-switches. Without a --method the experiment is full attention.

Example:
  kvpim report --switches --system dgx-attacc --gpu H100 --model Mistral-7B --batch 16 \\
    --powerlimit --ffopt --pipeopt --lout 16000 --method full=full --method STARC=kv.txt \\
    --chart switches.svg`;

interface ReportOptions extends SimulateOptions {
  readonly switches?: true;
  readonly to: Profile;
}

const FULL: Method = { name: "full", note: "", budget: "full" };

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
      repeatableOption("--method <name=budget>", "an experiment, as in simulate", parseMethod),
    )
    .option("--chart <file>", "the way from one profile to the other as a picture (SVG)")
    .option("--json", "print the effects as JSON");
  return addMemoryChoice(command)
    .addHelpText("after", EXAMPLES)
    .action((options: ReportOptions) => report(options, surroundings));
}

async function report(options: ReportOptions, surroundings: Surroundings) {
  const { switches, chart, to, profile, json } = options;
  if (!switches) throw new UserError("expected --switches but found nothing to report");
  requireOwnFile("--chart", chart, filesRead(options));
  if (chart !== undefined) OutputFile.check("--chart", chart);
  const methods = options.method ?? [FULL];
  const specs = await Promise.all(methods.map(async (method) =>
    toSpec(
      options,
      await sparsityOfMethod(method, options),
      options.clustering,
      selectionOf(options, method.name),
    )
  ));
  const experiments = await effectsOf(methods, specs, options, surroundings);
  const title = titleOf(specs[0]!);
  if (chart !== undefined) {
    writeFile("--chart", chart, await waterfallSvg(title, [profile, to], experiments));
  }
  if (json) return surroundings.out(`${JSON.stringify({ experiments }, null, 2)}\n`);
  const tables = experiments.map((effects) => tableOf(effects, profile, to));
  surroundings.out(`${[title, ...tables].join("\n\n")}\n`);
  if (chart !== undefined) surroundings.out(`\nThe picture: ${chart}\n`);
}

async function effectsOf(
  methods: readonly Method[],
  specs: readonly SystemSpec[],
  options: ReportOptions,
  surroundings: Surroundings,
): Promise<ReportedEffects[]> {
  using opened = await openMemory(options, surroundings.env, levelsOf(specs));
  const experiments: ReportedEffects[] = [];
  for (const [i, { name }] of methods.entries()) {
    using progress = new Progress(surroundings, name, undefined, "programs");
    const onProgress = (done: number, total: number) => progress.update(done, total);
    const effects = await userFacingAsync(() =>
      switchEffects(specs[i]!, options.to, opened.memory, { onProgress })
    );
    experiments.push({ name, ...effects });
  }
  return experiments;
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
