import { equal, notEqual, ok, rejects, throws } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { openEveryLevel } from "../testing/every_level.ts";
import { sharedPath, sharedTest } from "../testing/shared_material.ts";
import { parseBudgetTable } from "./budgets.ts";
import { columns } from "./columns.ts";
import { csvHeader, csvRow } from "./csv.ts";
import { simulateSystem } from "./simulate.ts";
import {
  csvRecords,
  equalsReference,
  specOfCommand,
  specOfRow,
  VARIANTS,
} from "./testing/reference_run.ts";

const shared = (path: string) => readFileSync(sharedPath(path), "utf8");
const budgetsOf = (table: string) => parseBudgetTable(shared(`data/kv_budget/${table}`), table);

for (const file of ["pim_starc.csv", "pim_attacc.csv", "dgx.csv"]) {
  sharedTest(`every column of every run in ${file} is the reference's`, async (t) => {
    using opened = await openEveryLevel();
    for (const row of csvRecords(shared(`golden/${file}`)).filter(({ rc }) => rc === "0")) {
      await t.step(
        `${row.variant} ${row.note}: ${row.cmd!.slice("python main.py ".length)}`,
        async () => {
          const result = await simulateSystem(specOfRow(row, budgetsOf), opened.memory);
          equalsReference(result.row, row);
        },
      );
    }
  });
}

sharedTest("numbers are printed as the reference prints them", async () => {
  using opened = await openEveryLevel();
  for (const file of ["pim_starc.csv", "dgx.csv"]) {
    const rows = csvRecords(shared(`golden/${file}`)).filter(({ rc }) => rc === "0");
    for (const row of rows) {
      const { row: found } = await simulateSystem(specOfRow(row, budgetsOf), opened.memory);
      // The reference's own numbers, so that only their format is compared.
      const numbers = columns.filter(({ kind }) => kind === "float" || kind === "size")
        .map(({ name }) => [name, Number(row[name])]);
      const printed = csvRow({ ...found, ...Object.fromEntries(numbers) });
      equal(printed, columns.map(({ name }) => row[name]).join(","));
    }
  }
});

sharedTest("the header is the reference's", () => {
  const [header] = shared("golden/pim_starc.csv").split(/\r?\n/);
  equal(`variant,cmd,note,rc,error,${csvHeader}`, header);
});

sharedTest("the row in the artifact's README comes out in every printed digit", async () => {
  using opened = await openEveryLevel();
  const command = "--system dgx-attacc --gpu H100 --ngpu 8 --model Mistral-7B --lin 2048 " +
    "--lout 16000 --batch 16 --pim bank --powerlimit --ffopt --pipeopt --sparsity " +
    "--kv_budget_table kv_budget_Mistral_STARC.txt";
  const spec = specOfCommand(command, VARIANTS.starc!, budgetsOf);
  const { row } = await simulateSystem(spec, opened.memory);
  const [published] = csvRecords(shared("golden/readme_row.csv"));
  for (const { name, kind } of columns) {
    const printed = published![name.replaceAll(" ", "_")] ?? published![name]!;
    if (kind === "float" || kind === "size") {
      const digits = printed.replace(/E.*/, "").replace(/^0\.0*|\./g, "").length;
      equal(Number(row[name].toPrecision(digits)), Number(printed), name);
    } else {
      equal(String(row[name]).toLowerCase(), printed.toLowerCase(), name);
    }
  }
});

interface Policy {
  readonly g_time: number;
  readonly g_matmul: number;
  readonly g_fc: number;
  readonly g_comm: number;
  readonly g_etc: number;
  readonly g_energy: number;
  readonly attn_mem: number;
  readonly attn_comp: number;
}

sharedTest(
  "16,000 and 32,000 tokens of four methods cost what they do in the reference",
  async (t) => {
    using opened = await openEveryLevel();
    const policies: Record<string, Policy> = JSON.parse(shared("golden/mistral_policies.json"));
    for (const [name, expected] of Object.entries(policies)) {
      await t.step(name, async () => {
        const [lout, method] = name.split(" ");
        const [policy, clustering] = method!.split("+");
        const command = `--system dgx-attacc --gpu H100 --model Mistral-7B --lout ${lout} ` +
          "--batch 16 --powerlimit --ffopt --pipeopt" +
          (policy === "full"
            ? ""
            : ` --sparsity --kv_budget_table kv_budget_Mistral_${policy}.txt`);
        const spec = specOfCommand(command, clustering ? VARIANTS.starc! : {}, budgetsOf);
        const { row } = await simulateSystem(spec, opened.memory);
        // Full attention and SparQ were interpolated between sampled lengths there.
        const error = policy === "full" || policy === "SparQ" ? 5e-3 : 1e-9;
        const found: Policy = {
          g_time: row["g_time (ms)"],
          g_matmul: row.g_matmul,
          g_fc: row.g_fc,
          g_comm: row.g_comm,
          g_etc: row.g_etc,
          g_energy: row["g_energy (nJ)"],
          attn_mem: row.g_attn_mem_energy,
          attn_comp: row.g_attn_comp_energy,
        };
        for (const key of Object.keys(found) as (keyof Policy)[]) {
          ok(
            Math.abs(found[key] / expected[key] - 1) <= error,
            `${key} ${found[key]} ${expected[key]}`,
          );
        }
      });
    }
  },
);

sharedTest("where the reference fails, the run is made or refused, and says so", async () => {
  const rows = csvRecords(shared("golden/dgx.csv")).filter(({ rc }) => rc !== "0");
  const [crash, nothing] = [/TypeError/, /ZeroDivisionError/].map((error) =>
    rows.find((row) => error.test(row.error!))!
  );
  const { row, notes } = await simulateSystem(specOfRow(crash!, budgetsOf));
  ok(row["g_time (ms)"] > 0);
  ok(notes.some((note) => /stops with a TypeError for --system dgx-cpu/.test(note)));
  throws(() => specOfRow(nothing!, budgetsOf), /nothing is generated/);
});

sharedTest("by default a clustering step of a pair is simulated, not counted as zero", async () => {
  using opened = await openEveryLevel();
  const rows = csvRecords(shared("golden/pim_starc.csv"))
    .filter(({ note }) => /cluster on last step|with cluster \(39 heads/.test(note!));
  equal(rows.length, 2);
  for (const row of rows) {
    const spec = specOfCommand(row.cmd!, VARIANTS.starc!, budgetsOf);
    const { row: found, notes, perStep } = await simulateSystem(spec, opened.memory);
    ok(found.g_matmul > Number(row.g_matmul));
    ok(perStep.attentionCycles.at(-1)! > perStep.attentionCycles[0]!);
    ok(notes.some((note) => /more than 16 heads/.test(note)));
  }
});

sharedTest(
  "bank-group and buffer PIM are simulated though STARC lacks their programs",
  async () => {
    using opened = await openEveryLevel();
    for (const pim of ["bg", "buffer"]) {
      const command =
        `--system dgx-attacc --gpu H100 --model Mistral-7B --lin 128 --lout 3 --pim ${pim}`;
      const { row, notes } = await simulateSystem(specOfCommand(command, {}), opened.memory);
      ok(row.g_matmul > 0);
      ok(notes.some((note) => note.includes(`no generator for --pim ${pim}`)));
      const switches = { "bg-buffer-programs": "zero" };
      const { row: silent } = await simulateSystem(
        specOfCommand(command, { switches }),
        opened.memory,
      );
      equal(silent.g_matmul, 0);
      notEqual(silent["g_time (ms)"], 0);
    }
  },
);

Deno.test("a PIM system without a memory is refused", async () => {
  await rejects(
    simulateSystem(specOfCommand("--system dgx-attacc", {})),
    { name: "TypeError", message: "Expected a memory for --system dgx-attacc but found none" },
  );
});
