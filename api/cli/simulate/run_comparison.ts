import type { Command } from "commander";
import { levelsOf } from "../../../core/system/machine.ts";
import type { SystemSpec } from "../../../core/system/spec.ts";
import { simulateSystem } from "../../../core/system/simulate.ts";
import { idleOptions } from "../idle_options.ts";
import { type OpenMemory, openMemory } from "../memory_access.ts";
import { OutputFile } from "../output_file.ts";
import { requireOwnFile } from "../own_file.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError, userFacingAsync } from "../user_error.ts";
import { budgetText, filesRead, specOfMethod } from "./budget_source.ts";
import { chartSvg } from "./chart.ts";
import { chargeLines, type MethodResult, promptChargeLines } from "./comparison.ts";
import { comparisonTable } from "./comparison_table.ts";
import { idleInMethods } from "./idle_rules.ts";
import type { Method, SimulateOptions } from "./options.ts";
import { checkResultFile, inColumnOrder, resultFileOf, writeResults } from "./result_file.ts";

const FULL: Method = { name: "full", note: "", budget: "full" };

type ComparisonOptions = SimulateOptions & { readonly method: readonly Method[] };

/** Runs every method and shows each against full attention. */
export async function runComparison(
  options: ComparisonOptions,
  command: Command,
  surroundings: Surroundings,
) {
  const methods = withFull(options.method);
  const file = resultFileOf(options);
  const chart = options.chart ?? (file && besides(file.path));
  requireOwnFile("--output", file?.path, filesRead(options));
  requireOwnFile("--chart", chart, { ...filesRead(options), "--output": file?.path });
  const specs: SystemSpec[] = [];
  for (const method of methods) specs.push(await specOfMethod(method, options));
  if (file) checkResultFile(file);
  if (chart !== undefined) OutputFile.check("--chart", chart);
  const results = await runAll(methods, specs, options, surroundings);
  const full = results[methods.findIndex(({ budget }) => budget === "full")]!;
  const picture = chart === undefined ? "" : await chartSvg(specs[0]!, results, full);
  // Both are written before either takes the place of an earlier one.
  using drawn = chart === undefined ? null : OutputFile.open("--chart", chart);
  drawn?.write(picture);
  if (file) writeResults(file, results.map(({ row }) => row));
  drawn?.commit();
  for (const note of idleOptions(command, idleInMethods(options, methods))) {
    surroundings.err(`note: ${note}\n`);
  }
  for (const note of notesOf(results)) surroundings.err(`${note}\n`);
  surroundings.out(options.json ? json(results) : report(specs[0]!, results, full));
  if (options.json) return;
  if (file) surroundings.out(`All 51 columns, a row a method in this order: ${file.path}\n`);
  if (chart !== undefined) surroundings.out(`The picture: ${chart}\n`);
}

/**
 * Adds full attention where there is none.
 *
 * @throws {UserError} when two methods have one name, or another than full attention has its name
 */
function withFull(methods: readonly Method[]): readonly Method[] {
  const names = methods.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new UserError(`--method: expected each method once but found ${twice} twice`);
  }
  const other = methods.find(({ name, budget }) => name === FULL.name && budget !== "full");
  if (other) {
    throw new UserError(
      `--method: expected full to be full attention, which is compared with, but found ${other.budget}`,
    );
  }
  return methods.some(({ budget }) => budget === "full") ? methods : [FULL, ...methods];
}

async function runAll(
  methods: readonly Method[],
  specs: readonly SystemSpec[],
  options: ComparisonOptions,
  surroundings: Surroundings,
): Promise<MethodResult[]> {
  using opened = await openMemory(options, surroundings.env, levelsOf(specs));
  const results: MethodResult[] = [];
  for (const [i, method] of methods.entries()) {
    results.push(await runOne(method, specs[i]!, opened, surroundings));
  }
  return results;
}

async function runOne(
  method: Method,
  spec: SystemSpec,
  { memory }: OpenMemory,
  surroundings: Surroundings,
): Promise<MethodResult> {
  using progress = new Progress(surroundings, method.name, undefined, "programs");
  const onProgress = (done: number, total: number) => progress.update(done, total);
  const { row, notes, charged, chargedPrompt } = await userFacingAsync(() =>
    simulateSystem(spec, memory, { onProgress })
  );
  return { method, row, notes, charged, chargedPrompt };
}

/** Every note once, with the methods it is on where it is not on all. */
function notesOf(results: readonly MethodResult[]): string[] {
  const notes = new Set(results.flatMap(({ notes }) => notes));
  return [...notes].map((note) => {
    const on = results.filter(({ notes }) => notes.includes(note));
    if (on.length === results.length) return `note: ${note}`;
    return `note on ${on.map(({ method }) => method.name).join(", ")}: ${note}`;
  });
}

function report(
  { model, lin, lout, batch }: SystemSpec,
  results: readonly MethodResult[],
  full: MethodResult,
): string {
  return [
    `${model}: ${lin} tokens in, ${lout} out. A decode step: one token of each of ${batch} requests.`,
    "",
    comparisonTable(results, full),
    "",
    ...results.flatMap(({ method, charged, chargedPrompt }) => [
      ...chargeLines(charged, method.name),
      ...promptChargeLines(chargedPrompt, `${method.name}, prompt`),
    ]),
    ...results.map(({ method: { name, note, budget } }) =>
      `${name}: ${budgetText(budget)} a step${note && ` (${note})`}`
    ),
    "",
  ].join("\n");
}

function json(results: readonly MethodResult[]): string {
  const methods = results.map(({ method, row, notes, charged, chargedPrompt }) => ({
    ...method,
    row: inColumnOrder(row),
    notes,
    charged,
    chargedPrompt,
  }));
  return `${JSON.stringify({ methods }, null, 2)}\n`;
}

/** The picture's name beside a table's. */
function besides(path: string): string {
  return `${path.replace(/\.[^./\\]*$/, "")}.svg`;
}
