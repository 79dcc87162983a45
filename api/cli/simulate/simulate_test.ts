import { deepEqual, equal, match, ok } from "node:assert/strict";
import { csvHeader } from "../../../core/system/csv.ts";
import { sharedPath, sharedTest } from "../../../core/testing/shared_material.ts";
import { filesIn, inFolder, kvpim } from "../testing.ts";

const read = (path: string) => Deno.readTextFileSync(path);
const lines = (path: string) => read(path).trimEnd().split("\n");

/** The experiment of the paper with few steps. */
const EXPERIMENT = [
  "simulate",
  ..."--system dgx-attacc --gpu H100 --pim bank --powerlimit --ffopt --pipeopt".split(" "),
  ..."--model Mistral-7B --batch 16 --lin 2048 --lout 4".split(" "),
];

/** What the artifact's main.py writes for it with full attention. */
const FULL = "Mistral-7B,W16A16,GPU,1280,9.0,295.1670644391408,BA,8,True,True,True,0,2048,4,16,";

function columnOf(path: string, name: string): number[] {
  const [header, ...rows] = lines(path).map((line) => line.split(","));
  return rows.map((row) => Number(row[header!.indexOf(name)]));
}

Deno.test(
  "one run writes the artifact's table and a summary",
  inFolder(async (folder) => {
    const output = `${folder}/output.csv`;
    const { code, out, err } = await kvpim([...EXPERIMENT, "--output", output]);
    equal(code, 0);
    match(out, /^Mistral-7B: 2048 tokens in, 4 out, batch 16$/m);
    match(out, /^latency, ms +0\.9402 +0\.0967 +0\.4063 +0\.3466 +0\.0906$/m);
    match(err, /^note: Mistral-7B is given a two-matrix GELU block/);
    const [header, row, ...others] = lines(output);
    deepEqual([header, others], [csvHeader, []]);
    ok(row!.startsWith(FULL));
    deepEqual(columnOf(output, "g_time (ms)"), [0.9402037822136982]);
    deepEqual(filesIn(folder), ["output.csv"]);
  }),
);

Deno.test("nothing given is the artifact's defaults", async () => {
  const { out } = await kvpim(["simulate", "--json"]);
  const { spec } = JSON.parse(out);
  deepEqual(
    [spec.system, spec.gpu, spec.ngpu, spec.gmemcap, spec.model, spec.word, spec.lin, spec.lout],
    ["dgx", "A100a", 8, 80, "GPT-175B", 2, 2048, 128],
  );
  deepEqual([spec.batch, spec.sparsity, spec.clustering, spec.profile], [
    1,
    null,
    "none",
    "artifact",
  ]);
});

Deno.test("names are taken in any case, and the rest of main.py's options as they are", async () => {
  const { out } = await kvpim([
    ...EXPERIMENT,
    ..."--model mistral-7b --gpu h100 --word 1 --ngpu 4 --gmemcap 40 --json".split(" "),
    ..."--sparsity --sparsity_ratio 0.5 --row_size 32 --profile attacc".split(" "),
    ..."--switch odd-tail=per-step --switch gpu-time-divisor=8".split(" "),
  ]);
  const { spec, row } = JSON.parse(out);
  deepEqual([spec.model, spec.gpu, row.dtype, row.cores], ["Mistral-7B", "H100", "W8A8", 4]);
  deepEqual(spec.sparsity, { ratio: 0.5, rowSize: 32 });
  deepEqual([spec.switches["odd-tail"], spec.switches["gpu-time-divisor"]], ["per-step", 8]);
});

Deno.test(
  "a number, a list and a table of budgets say the same",
  inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/kv.txt`, "# tokens\n512\n512\n512\n");
    const row = async (...budget: string[]) =>
      JSON.parse((await kvpim([...EXPERIMENT, "--json", "--sparsity", ...budget])).out).row;
    const fixed = await row("--kv_budget", "512");
    deepEqual(await row("--kv_budget_dict", "512"), fixed);
    deepEqual(await row("--kv_budget_table", `${folder}/kv.txt`), fixed);
  }),
);

Deno.test("a budget without --sparsity changes nothing, and that is said", async () => {
  const { out, err } = await kvpim([...EXPERIMENT, "--json", "--kv_budget", "64"]);
  equal(JSON.parse(out).spec.sparsity, null);
  match(err, /^note: --kv_budget changes nothing without --sparsity\.$/m);
});

Deno.test(
  "rows are added to a table of results, and to nothing else",
  inFolder(async (folder) => {
    const output = `${folder}/all.csv`;
    const append = [...EXPERIMENT, "--output", output, "--append"];
    await kvpim(append);
    await kvpim([...append, "--batch", "8"]);
    deepEqual(columnOf(output, "bs"), [16, 8]);
    Deno.writeTextFileSync(output, read(output).trimEnd().replaceAll("\n", "\r\n"));
    await kvpim([...append, "--batch", "4"]);
    deepEqual(columnOf(output, "bs"), [16, 8, 4]);

    const foreign = `${folder}/foreign.csv`;
    Deno.writeTextFileSync(foreign, "a,b\n1,2\n");
    const { code, err } = await kvpim([...EXPERIMENT, "--output", foreign, "--append"]);
    equal(code, 2);
    match(err, /^kvpim: --append: expected .*foreign\.csv line 1 to be the 51 columns .*"a,b"\n$/);
    equal(read(foreign), "a,b\n1,2\n");
  }),
);

Deno.test(
  "methods are compared with full attention in a table, a CSV and a picture",
  inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/kv.txt`, "1539\n1691\n1686\n");
    const output = `${folder}/methods.csv`;
    const { code, out } = await kvpim([
      ...EXPERIMENT,
      ...["--compare", "--clustering", "last-step", "--output", output],
      ...["--method", `STARC=${folder}/kv.txt`, "--method", "Quest (16 a page)=1024"],
      ...["--method", "list=1539,1691,1686"],
    ]);
    equal(code, 0);
    deepEqual(filesIn(folder), ["kv.txt", "methods.csv", "methods.svg"]);
    const [full, starc, quest, list] = columnOf(output, "g_matmul");
    ok(full! > list! && list! > quest!);
    ok(starc! > list!, "clustering is charged to STARC only");
    match(out, /^full +0\.9402 +100\.0 % +0\.0 %/m);
    match(out, /^Quest +0\.\d+ +9\d\.\d % +-\d\.\d % +0\.0465/m);
    match(out, /^Quest: 1024 tokens a step \(16 a page\)$/m);
    match(out, /^The picture: .*methods\.svg$/m);
    const svg = read(`${folder}/methods.svg`);
    match(svg, /^<svg /);
    for (
      const text of [
        "Mistral-7B: 2,048 tokens in, 4 out, batch 16",
        "STARC",
        "Quest",
        "1024 tokens",
      ]
    ) {
      ok(svg.includes(`>${text}</t`), `the picture says ${text}`);
    }
    ok(!svg.includes("NaN"));
  }),
);

Deno.test("a comparison as JSON writes no file that is not asked for", async () => {
  const { out } = await kvpim([...EXPERIMENT, "--compare", "--json", "--method", "all=full"]);
  const { methods } = JSON.parse(out);
  deepEqual(methods.map(({ name }: { name: string }) => name), ["all"]);
  equal(methods[0].row.model, "Mistral-7B");
});

Deno.test("every switch is listed with its values and source", async () => {
  const { out } = await kvpim(["simulate", "--list-switches"]);
  match(out, /^gpu-time-divisor = 8 \| 1 {3}\(artifact 8, attacc 1, corrected 1\)$/m);
  match(out, /^ {2}source {3}STARC simulator_starc\/src\/devices\.py/m);
  ok(out.split("\n").every((line) => line.length <= 100));
});

sharedTest("the row of the artifact's README is reproduced to its printed digits", async () => {
  const table = sharedPath("data/kv_budget/kv_budget_Mistral_STARC.txt");
  const { out } = await kvpim([
    ...EXPERIMENT,
    ..."--lout 16000 --clustering last-step --json --sparsity --kv_budget_table".split(" "),
    table,
  ]);
  const { row } = JSON.parse(out);
  const [header, published] = lines(sharedPath("golden/readme_row.csv"))
    .map((line) => line.trim().split(","));
  const values = Object.values(row);
  equal(values.length, header!.length);
  header!.forEach((name, i) => {
    const expected = Number(published![i]);
    if (Number.isNaN(expected)) return;
    const digits = published![i]!.replace(/E.*/, "").replace(/^[0.]+|\./g, "").length;
    const rounded = Number(Number(values[i]).toPrecision(Math.max(digits, 1)));
    equal(rounded, expected, name);
  });
});
