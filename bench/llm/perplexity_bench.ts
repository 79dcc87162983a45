// deno-lint-ignore-file no-console -- a bench prints its table
/**
 * What the tiny model loses on 1,024 tokens of held-out text under every policy of this repository.
 *
 *     deno run -A bench/llm/perplexity_bench.ts [folder]
 *
 * It runs `kvpim eval calibrate` and `kvpim eval ppl` at four budgets, two at a time, and prints
 * Markdown tables. Results are kept in the folder (`bench-perplexity` unless stated): what is
 * finished is not run again.
 *
 * The text is the beginning of Moby Dick, which the model was not trained on; the calibration is of
 * other pages. It is read in two ways: `stepwise`, every token a decode step under the policy, as
 * PG-19 is read by Quest and STARC; and `prompt`, the first 512 tokens at once and densely, then 512
 * steps, as `kvpim compare` does. Changes of perplexity are against full attention on the same
 * tokens; ± is one standard error of the mean difference of a token's loss.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtInPolicies } from "../../core/host/mod.ts";
import type { EvaluationRecord } from "../../core/eval/evaluation_record.ts";
import { meanRows } from "../../core/eval/mean_rows.ts";
import { attentionMass } from "./attention_mass.ts";

const BUDGETS = [64, 128, 256, 512];
const WAYS = {
  stepwise: ["--protocol", "once", "--start", "0", "--tokens", "1024"],
  prompt: ["--protocol", "once", "--start", "511", "--tokens", "512"],
} as const;
type Way = keyof typeof WAYS;

const FOLDER = Deno.args[0] ?? "bench-perplexity";
const CALIBRATION = join(FOLDER, "calibration.safetensors");
/** Full attention and the control that knows the exact scores first, the one that guesses last. */
const POLICIES = [
  ...["full", "oracle-topk"],
  ...builtInPolicies().filter((name) => !["full", "oracle-topk", "random"].includes(name)),
  "random",
];

/** Records by policy. */
type Records = ReadonlyMap<string, EvaluationRecord>;

async function kvpim(...args: string[]): Promise<string> {
  const main = fileURLToPath(new URL("../../api/cli/main.ts", import.meta.url));
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", main, "eval", ...args],
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`kvpim eval ${args.join(" ")} did not end well`);
  return new TextDecoder().decode(stdout);
}

function folderOf(way: Way, budget: number): string {
  return join(FOLDER, way, String(budget));
}

async function evaluate(way: Way, budget: number): Promise<Records> {
  const text = await kvpim(
    ...["ppl", "--policy", POLICIES.join(), "--budget", String(budget), "--recall", "--json"],
    ...["--calibration", CALIBRATION, "--output", folderOf(way, budget), ...WAYS[way]],
  );
  const { results }: { results: { policy: string; record: EvaluationRecord }[] } = JSON.parse(text);
  return new Map(results.map(({ policy, record }) => [policy, record]));
}

/** Losses token by token, from the running perplexity. */
function losses(way: Way, budget: number, policy: string): number[] {
  const file = join(folderOf(way, budget), policy, "log_PG19.txt");
  const sums = Deno.readTextFileSync(file).trimEnd().split("\n")
    .map((perplexity, i) => (i + 1) * Math.log(Number(perplexity)));
  return sums.map((sum, i) => sum - (sums[i - 1] ?? 0));
}

/** Change of perplexity against full attention, in percent, and its standard error. */
function change(way: Way, budget: number, policy: string): string {
  const full = losses(way, budget, "full");
  const differences = losses(way, budget, policy).map((loss, i) => loss - full[i]!);
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(squares / (differences.length - 1) / differences.length);
  const percent = 100 * Math.expm1(mean);
  const sign = percent > 0.005 ? "+" : percent < -0.005 ? "−" : "";
  return `${sign}${Math.abs(percent).toFixed(2)} ± ${(100 * error).toFixed(2)}`;
}

function denseLayersOf(record: EvaluationRecord): string {
  const layers = record.policy.denseLayers;
  return Array.isArray(layers) && layers.length > 0 ? layers.join(", ") : "none";
}

function keptOf(record: EvaluationRecord): string {
  return record.cost.rows ? meanRows(record.cost.rows).keptTokens.toFixed(0) : "";
}

function tableOf(way: Way, byBudget: readonly Records[]): string {
  const [at64, , at256] = byBudget;
  const rows = POLICIES.map((policy) => [
    policy,
    denseLayersOf(at64!.get(policy)!),
    ...BUDGETS.map((budget) => change(way, budget, policy)),
    ...[at64!, at256!].map((records) => (records.get(policy)!.recall ?? 0).toFixed(3)),
    ...[at64!, at256!].map((records) => keptOf(records.get(policy)!)),
  ]);
  return markdown([
    ...["policy", "dense layers", ...BUDGETS.map((budget) => `${budget}, %`)],
    ...["recall at 64", "at 256", "tokens at 64", "at 256"],
  ], rows);
}

/** Recall of each layer; dense layers are left empty. */
function recallByLayer(records: Records): string {
  const layers = Math.max(...Array.from(records.values(), ({ cost }) => cost.recall?.length ?? 0));
  return markdown(
    ["policy", ...Array.from({ length: layers }, (_, layer) => `layer ${layer}`)],
    POLICIES.map((policy) => [
      policy,
      ...Array.from({ length: layers }, (_, layer) => {
        const { sum, count } = records.get(policy)!.cost.recall?.[layer] ?? { sum: 0, count: 0 };
        return count === 0 ? "" : (sum / count).toFixed(3);
      }),
    ]),
  );
}

/** Rows of 16 tokens that are read, as placed, for each 16 tokens attended to. */
function rowsTable(byBudget: readonly Records[]): string {
  return markdown(
    ["policy", ...BUDGETS.map((budget) => `at ${budget}`)],
    POLICIES.map((policy) => [
      policy,
      ...byBudget.map((records) => {
        const { rows } = records.get(policy)!.cost;
        const { placedRows16 = 0, keptTokens = 1 } = rows ? meanRows(rows) : {};
        return (16 * placedRows16 / keptTokens).toFixed(2);
      }),
    ]),
  );
}

/** A table of Markdown with aligned columns. */
function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell[i === 0 ? "padEnd" : "padStart"](widths[i]!)).join(" | ")} |`;
  const rule = widths.map((width, i) => i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`);
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

Deno.mkdirSync(FOLDER, { recursive: true });
await kvpim("calibrate", "--output", CALIBRATION);
for (const way of ["stepwise", "prompt"] as const) {
  const byBudget: Records[] = [];
  for (let i = 0; i < BUDGETS.length; i += 2) {
    byBudget.push(...await Promise.all(BUDGETS.slice(i, i + 2).map((b) => evaluate(way, b))));
  }
  const perplexity = Number(byBudget[0]!.get("full")!.scores.perplexity);
  console.log(`## ${way}: full attention ${perplexity.toFixed(2)}\n\n${tableOf(way, byBudget)}\n`);
  console.log(`### ${way}: recall by layer at 64\n\n${recallByLayer(byBudget[0]!)}\n`);
  console.log(`### ${way}: rows read for each 16 tokens attended to\n\n${rowsTable(byBudget)}\n`);
}
const mass = await attentionMass(BUDGETS);
const rows = mass.map((shares, layer) => [
  `layer ${layer}`,
  ...shares.map((share) => share.toFixed(3)),
]);
console.log("## Share of attention that the best tokens of 1,024 have\n");
console.log(markdown(["", ...BUDGETS.map((budget) => `best ${budget}`)], rows));
