// deno-lint-ignore-file no-console -- a bench prints its report
/**
 * Tables 2 to 5 (LongBench, RULER) and Fig. 9 and 10 (perplexity, recall) beside what `kvpim eval`
 * found: the paper's columns, and next to them the means of the records in a folder.
 *
 * `deno run -A bench/paper/accuracy.ts [--records folder]`
 *
 * A cell stays empty until there are records for it; a mean of fewer tasks than the paper's says of
 * how many it is. Numbers of other models than the paper's are in rows of their own.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as v from "valibot";
import { type Cell, Report } from "./document.ts";
import { LONGBENCH, type PaperPolicy, POLICIES, RULER, RULER_MEANS } from "./published_accuracy.ts";

/** What is used of a record of `kvpim eval`. */
const recordSchema = v.object({
  version: v.literal(1),
  evaluation: v.picklist(["longbench", "ruler", "perplexity"]),
  protocol: v.string(),
  model: v.string(),
  policy: v.object({ name: v.string(), budget: v.optional(v.number()) }),
  config: v.record(v.string(), v.unknown()),
  scores: v.record(v.string(), v.unknown()),
  recall: v.nullable(v.number()),
});

/** A record of `kvpim eval`, as far as tables need it. */
type AccuracyRecord = v.InferOutput<typeof recordSchema>;

/** All records of a folder and the folders in it; other JSON files are passed over. */
export function readRecords(folder: string): AccuracyRecord[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".json")).sort().flatMap((file) => {
    const found = v.safeParse(recordSchema, parsed(readFileSync(join(folder, file), "utf8")));
    return found.success ? [found.output] : [];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const PAPER_POLICIES = Object.keys(POLICIES) as PaperPolicy[];
const LONGBENCH_TASKS = 16;

/** Adds all tables to a report. */
export function addAccuracy(report: Report, records: readonly AccuracyRecord[]) {
  addLongBench(report, records.filter(({ evaluation }) => evaluation === "longbench"));
  addRuler(report, records.filter(({ evaluation }) => evaluation === "ruler"));
  addPerplexity(report, records.filter(({ evaluation }) => evaluation === "perplexity"));
}

function addLongBench(report: Report, records: readonly AccuracyRecord[]) {
  const others = new Set(
    records.map(({ model }) => model).filter((model) => !(model in LONGBENCH)),
  );
  const rows = [...Object.keys(LONGBENCH), ...others].flatMap((model) =>
    [256, 512, 1024, 2048].map((budget): Cell[] => [
      model,
      String(budget),
      ...PAPER_POLICIES.flatMap((policy) => {
        const scores = records
          .filter((record) => record.model === model && isOf(record, policy, budget))
          .flatMap(({ scores }) => Object.values(scores).filter((s) => typeof s === "number"));
        const paper = LONGBENCH[model]?.[budget]?.[policy];
        return [paper?.toFixed(2) ?? "", meanText(scores, LONGBENCH_TASKS, 2)];
      }),
    ])
  );
  report.heading("Tables 2, 4 and 5: LongBench, means of 16 tasks");
  report.table(["model", "budget", ...pairs()], rows);
}

function addRuler(report: Report, records: readonly AccuracyRecord[]) {
  const found = (policy: PaperPolicy, task: string) =>
    records.filter((record) => isOf(record, policy, 1024) && record.config.task === task)
      .flatMap(({ scores }) => typeof scores.artifact === "number" ? [scores.artifact] : []);
  const tasks = Object.entries(RULER);
  const rows = tasks.map(([task, paper]): Cell[] => [
    task,
    ...PAPER_POLICIES.flatMap((policy) => [
      paper[policy].toFixed(4),
      meanText(found(policy, task), 1, 4),
    ]),
  ]);
  const means = PAPER_POLICIES.flatMap((policy) => [
    RULER_MEANS[policy].toFixed(4),
    meanText(tasks.flatMap(([task]) => found(policy, task)), tasks.length, 4),
  ]);
  report.heading("Table 3: RULER at 32K, budget 1024, scored as the artifact does");
  report.table(["task", ...pairs()], [...rows, ["mean", ...means]]);
}

function addPerplexity(report: Report, records: readonly AccuracyRecord[]) {
  report.heading("Fig. 9 and 10: perplexity and recall");
  report.paragraph(
    "The paper shows both as graphs without numbers. Fig. 9, PG-19 at a budget of 1024: full " +
      "attention and STARC about equal, SparQ slightly better, Quest and InfiniGen worse. Fig. 10: " +
      "SparQ recalls most, then STARC, then InfiniGen and Quest.",
  );
  report.table(
    ["model", "policy", "budget", "perplexity", "recall"],
    records.map(({ model, policy, scores, recall }) => [
      model,
      policy.name,
      String(policy.budget ?? ""),
      typeof scores.perplexity === "number" ? scores.perplexity.toFixed(4) : "",
      recall?.toFixed(4) ?? "",
    ]),
  );
}

const pairs = () => PAPER_POLICIES.flatMap((policy) => [policy, `${policy}, found`]);

/** Full attention has no budget: its one record stands beside every budget. */
function isOf({ policy }: AccuracyRecord, paper: PaperPolicy, budget: number): boolean {
  return policy.name === POLICIES[paper] && (paper === "Full" || policy.budget === budget);
}

function meanText(scores: readonly number[], all: number, digits: number): string {
  if (scores.length === 0) return "";
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return scores.length === all
    ? mean.toFixed(digits)
    : `${mean.toFixed(digits)} (${scores.length} of ${all})`;
}

if (import.meta.main) {
  const { values } = parseArgs({ args: Deno.args, options: { records: { type: "string" } } });
  const { records: folder } = values;
  if (folder !== undefined && !existsSync(folder)) {
    console.error(`--records: expected a folder of kvpim eval's records but found no ${folder}`);
    Deno.exit(2);
  }
  const report = new Report("STARC's accuracy, beside what was found");
  addAccuracy(report, folder === undefined ? [] : readRecords(folder));
  console.log(report.write().markdown);
}
