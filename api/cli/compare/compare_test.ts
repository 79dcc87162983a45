import { existsSync } from "node:fs";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readTraceFile } from "../../../core/attention/trace_file.ts";
import { csvHeader } from "../../../core/system/csv.ts";
import { holdFolder } from "../../../core/files/hold_folder.ts";
import { filesIn, inFolder, kvpim } from "../testing.ts";

const SHORT = ["compare", "--prompt", "60", "--tokens", "6", "--budget", "16"];

Deno.test(
  "one command goes from a text to accuracy, rows, latency and energy",
  inFolder(async (folder) => {
    const { code, out, err } = await kvpim([
      ...SHORT,
      ...["--policy", "random", "--shape", "LLAMA-7B", "--batch", "4", "--output", folder],
    ]);
    equal(code, 0, err);
    match(out, /^Accuracy and rows: tiny-llama, 6 tokens predicted after 60, budget 16 tokens\.$/m);
    match(out, /^Latency and energy .*: LLAMA-7B, batch 4, .* reading the rows of tiny-llama\.$/m);
    match(out, /^full +[\d.]+ +0\.00 % .* 100\.0 % .* 100\.0 %$/m);
    match(out, /^random +[\d.]+ +[+-]/m);
    match(out, /^The tiny model's accuracy is no claim about 7B models/m);
    const files = ["attention-full.trace", "attention-random.trace", "full", "random"];
    deepEqual(filesIn(folder), [...files, "result.csv", "result.svg"]);
    const [header, ...rows] = Deno.readTextFileSync(`${folder}/result.csv`).trimEnd().split("\n");
    deepEqual([header, rows.length], [csvHeader, 2]);
    match(Deno.readTextFileSync(`${folder}/result.svg`), /perplexity/);
  }),
);

Deno.test(
  "a policy is simulated with the rows of its own trace, full attention without budgets",
  inFolder(async (folder) => {
    const { out } = await kvpim([
      ...SHORT,
      ...["--policy", "full,oracle-topk", "--output", folder, "--json", "--trace-lists", "rows16"],
    ]);
    const [full, oracle] = JSON.parse(out).policies;
    equal(full.spec.sparsity, null);
    deepEqual([full.spec.lin, full.spec.lout], [60, 6]);
    const { kvBudgets } = oracle.spec.sparsity;
    const trace = `${folder}/attention-oracle-topk.trace`;
    await using recorded = await readTraceFile(trace);
    deepEqual(recorded.header.lists, ["rows16"]);
    const table = await kvpim(["budget-table", trace]);
    deepEqual(table.out, kvBudgets.map((budget: number) => `${budget}\n`).join(""));
    equal(kvBudgets.length, 5);
    ok(kvBudgets.every((budget: number) => budget >= 16 && budget <= 80));
  }),
);

Deno.test(
  "deciding is charged where it is asked for and known",
  inFolder(async (folder) => {
    const compare = (...args: string[]) =>
      kvpim([...SHORT, "--policy", "quest,random", "--output", folder, ...args]);
    match((await compare()).out, /^Deciding and clustering are not charged; --charge does\.$/m);
    const { code, out, err } = await compare("--charge");
    equal(code, 0, err);
    match(out, /^quest: of it [\d.e-]+ ms and [\d.e-]+ J for reading what it decides by$/m);
    match(out, /^Deciding costs nothing in random: the trace declares no reads\.$/m);
  }),
);

Deno.test(
  "simulate takes a trace, and says where it is too short",
  inFolder(async (folder) => {
    await kvpim([...SHORT, "--policy", "random", "--output", folder]);
    const trace = `${folder}/attention-random.trace`;
    const simulate = (...args: string[]) =>
      kvpim(["simulate", "--system", "dgx-attacc", "--json", "--trace", trace, ...args]);
    const fits = await simulate("--lin", "60", "--lout", "6");
    const short = await simulate("--lin", "60", "--lout", "8");
    const tiled = await simulate("--lin", "60", "--lout", "8", "--tile");
    const { kvBudgets } = JSON.parse(fits.out).spec.sparsity;
    equal(short.code, 2);
    match(
      short.err,
      /^kvpim: --trace: expected at least 7 steps, .* found 5 in .*; --tile repeats/,
    );
    deepEqual(JSON.parse(tiled.out).spec.sparsity.kvBudgets, [
      ...kvBudgets,
      ...kvBudgets.slice(0, 2),
    ]);
    const compared = await kvpim([
      ...["simulate", "--system", "dgx-attacc", "--lin", "60", "--lout", "6"],
      ...["--compare", "--method", `mine=${trace}`, "--json"],
    ]);
    deepEqual(
      JSON.parse(compared.out).methods[1].row.g_time,
      JSON.parse(fits.out).row.g_time,
    );
  }),
);

Deno.test(
  "what cannot be compared is told before anything is decoded",
  inFolder(async (folder) => {
    const refuses = async (args: string[], message: RegExp, left: string[]) => {
      const output = `${folder}/out`;
      const { code, out, err } = await kvpim([...SHORT, "--output", output, ...args]);
      deepEqual([code, out], [2, ""], err);
      match(err, message);
      equal(err.split("\n").length, 2, `one line: ${err}`);
      deepEqual(existsSync(output) ? filesIn(output) : [], left);
    };
    Deno.writeTextFileSync(`${folder}/short.txt`, "Call me Ishmael. Some years ago");
    await refuses(
      ["--text", `${folder}/short.txt`],
      /short\.txt: expected .* tokens .*found \d+.*; --prompt and --tokens say/,
      [],
    );
    const text = `${folder}/out/result.csv`;
    Deno.mkdirSync(`${folder}/out`);
    Deno.writeTextFileSync(text, "Call me Ishmael.");
    await refuses(
      ["--text", text],
      /^kvpim: --output: expected another file than --text names but found .*result\.csv$/m,
      ["result.csv"],
    );
    Deno.removeSync(text);
    await refuses(
      ["--batch", "1000000"],
      /^kvpim: expected --batch to be a whole number from 1 to 5120, .* but found 1000000$/m,
      [],
    );
    await refuses(
      ["--policy", "quest", "--calibration", `${folder}/none`],
      /^kvpim: --calibration: .*none: Expected a file but found none$/m,
      [],
    );
    await refuses(["--dense-layers", "0,1,2,3,4,5"], /^kvpim: --dense-layers: expected/, []);
    Deno.mkdirSync(`${folder}/out/result.csv`);
    await refuses([], /result\.csv/, ["result.csv"]);
  }),
);

Deno.test(
  "a comparison is decoded again where its trace is damaged, and replaces its own of other settings",
  inFolder(async (folder) => {
    const run = async (...more: string[]) => {
      const { code, out, err } = await kvpim([
        ...[...SHORT, "--policy", "random", "--output", folder, "--json", ...more],
      ]);
      equal(code, 0, err);
      return JSON.parse(out).policies.map(({ record }: { record: unknown }) => record);
    };
    const trace = `${folder}/attention-random.trace`;
    const [, first] = await run();
    const whole = Deno.readFileSync(trace);
    deepEqual((await run())[1], first);
    Deno.writeFileSync(trace, whole.subarray(0, -10));
    equal((await run())[1].scores.perplexity, first.scores.perplexity);
    deepEqual(Deno.readFileSync(trace), whole);
    equal((await run("--budget", "24"))[1].policy.budget, 24);
  }),
);

Deno.test(
  "budget tables refuse what is no trace",
  inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/a.trace`, "1024\n");
    const { code, err } = await kvpim(["budget-table", `${folder}/a.trace`]);
    equal(code, 2);
    match(err, /^kvpim: .*a\.trace.*expected an attention trace/i);
    equal(err.split("\n").length, 2);
  }),
);

Deno.test({
  name: "a comparison writes to no folder that another run writes to",
  ignore: Deno.build.os === "windows",
  fn: inFolder(async (folder) => {
    using held = holdFolder(folder, "shared");
    ok(held);
    const { code, err } = await kvpim([...SHORT, "--policy", "random", "--output", folder]);
    equal(code, 2);
    match(err, /^kvpim: --output: expected a folder that no run is writing to but found /);
    deepEqual(filesIn(folder), []);
  }),
});
