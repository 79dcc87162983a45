import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { gpus } from "../hardware/gpus.ts";
import { models } from "../hardware/models.ts";
import { columns, type SystemRow } from "./columns.ts";
import { csvRow } from "./csv.ts";
import { simulateSystem } from "./simulate.ts";
import { parseSystemSpec, type SystemOptions, type SystemSpec } from "./spec.ts";
import { csvRecords, equalsReference, specOfRow } from "./testing/reference_run.ts";
import { ProportionalMemory, TableMemory } from "./testing/table_memory.ts";

const RUNS = new URL("testing/reference_runs.csv", import.meta.url);

/** First entries of the artifact's tables. */
const BUDGETS: Readonly<Record<string, number[]>> = {
  "kv_budget_Mistral_STARC.txt": [1539, 1691, 1686, 1689],
  "kv_budget_GPT_STARC.txt": [1530, 1700, 1675, 1649],
};

const rowOf = async (options: SystemOptions, memory = new ProportionalMemory()) =>
  (await simulateSystem(parseSystemSpec(options), memory)).row;

const near = (found: number, expected: number, what?: string) =>
  ok(Math.abs(found - expected) <= 1e-9 * Math.abs(expected), `${what} ${found} ${expected}`);

Deno.test("every column is the reference's, in its format", async (t) => {
  const memory = new TableMemory();
  for (const row of csvRecords(readFileSync(RUNS, "utf8"))) {
    await t.step(`${row.variant} ${row.note}: ${row.cmd}`, async () => {
      const spec = specOfRow(row, (table) => BUDGETS[table]!);
      const { row: found } = await simulateSystem(spec, memory);
      equalsReference(found, row);
      // The reference's own numbers, so that only their format is compared.
      const numbers = columns.filter(({ kind }) => kind === "float" || kind === "size")
        .map(({ name }) => [name, Number(row[name])]);
      const printed = csvRow({ ...found, ...Object.fromEntries(numbers) });
      equal(printed, columns.map(({ name }) => row[name]).join(","));
    });
  }
});

const specs = fc.record({
  system: fc.constantFrom("dgx", "dgx-cpu", "dgx-attacc"),
  gpu: fc.constantFrom(...Object.keys(gpus)),
  ngpu: fc.integer({ min: 1, max: 32 }),
  pim: fc.constantFrom("bank", "bg", "buffer"),
  powerlimit: fc.boolean(),
  ffopt: fc.boolean(),
  pipeopt: fc.boolean(),
  model: fc.constantFrom(...Object.keys(models)),
  word: fc.constantFrom(1, 2),
  lin: fc.integer({ min: 1, max: 5000 }),
  lout: fc.integer({ min: 2, max: 6 }),
  batch: fc.integer({ min: 1, max: 100 }),
  sparsity: fc.option(fc.oneof(
    fc.record({ kvBudget: fc.integer({ min: 1, max: 6000 }) }),
    fc.record({ ratio: fc.double({ min: 0.01, max: 1, noNaN: true }), rowSize: fc.nat(63) })
      .map(({ ratio, rowSize }) => ({ ratio, rowSize: rowSize + 1 })),
  )),
  profile: fc.constantFrom("artifact", "attacc", "corrected"),
  switches: fc.constant({ capacity: "reported" }),
}).map(parseSystemSpec);

const sum = (row: SystemRow, ...names: (keyof SystemRow)[]) =>
  names.reduce((total, name) => total + Number(row[name]), 0);

function checkSums(row: SystemRow) {
  const is = (total: keyof SystemRow, ...parts: (keyof SystemRow)[]) =>
    near(sum(row, ...parts), Number(row[total]), total);
  is("g_time (ms)", "g_matmul", "g_fc", "g_comm", "g_etc", "g_softmax");
  is("g_comm", "g2g_comm", "c2g_comm");
  is("g_etc", "g_act", "g_lnorm");
  is("s_time", "s_matmul", "s_fc", "s_comm", "s_softmax", "s_act", "s_lnorm");
  is(
    "g_energy (nJ)",
    "g_dram_energy",
    "g_l2_energy",
    "g_l1_energy",
    "g_reg_energy",
    "g_alu_energy",
    "g_comm_energy",
  );
  is(
    "g_energy (nJ)",
    "g_fc_mem_energy",
    "g_fc_comp_energy",
    "g_attn_mem_energy",
    "g_attn_comp_energy",
    "g_etc_mem_energy",
    "g_etc_comp_energy",
    "g_comm_energy",
  );
  is("g_dram_energy", "g_fc_mem_energy", "g_attn_mem_energy", "g_etc_mem_energy");
}

Deno.test("every number is finite and the parts sum to the totals", async () => {
  await fc.assert(
    fc.asyncProperty(specs, async (spec) => {
      const { row, notes } = await simulateSystem(spec, new ProportionalMemory(1e-3));
      for (const { name, kind } of columns) {
        if (kind !== "text" && kind !== "bool") ok(Number.isFinite(row[name]), name);
      }
      checkSums(row);
      const hidden = Math.min(row.g_qkv_time, row.g_prj_time, row.c2g_comm);
      equal(hidden < 0, notes.some((note) => /hides more time than there is/.test(note)));
    }),
    { numRuns: 150 },
  );
});

Deno.test("twice the batch is twice the FLOPs", async () => {
  await fc.assert(
    fc.asyncProperty(specs, async (spec) => {
      const [one, two] = await Promise.all(
        [spec, { ...spec, batch: 2 * spec.batch }].map((each) =>
          simulateSystem(each, new ProportionalMemory(1e-3))
        ),
      );
      near(two!.row.g_flops, 2 * one!.row.g_flops);
      near(two!.row.s_flops, 2 * one!.row.s_flops);
    }),
    { numRuns: 50 },
  );
});

const PIM: SystemOptions = { system: "dgx-attacc", gpu: "H100", model: "Mistral-7B", lout: 4 };

Deno.test("twice the cycles are twice the time in memory", async () => {
  const one = await rowOf(PIM, new ProportionalMemory(1));
  const two = await rowOf(PIM, new ProportionalMemory(2));
  near(two.g_matmul, 2 * one.g_matmul);
  near(two["g_time (ms)"] - one["g_time (ms)"], one.g_matmul);
});

Deno.test("a cycle takes 769 ps, in each of a model's layers", async () => {
  // One head a stack and 100 tokens: 100 cycles.
  const row = await rowOf({ ...PIM, lout: 2, lin: 99, batch: 5, ngpu: 32 });
  near(row.g_matmul, 100 * 0.769e-9 * 32 * 1000);
});

Deno.test("a GPU that is alone exchanges nothing", async () => {
  const row = await rowOf({ model: "GPT-13B", lin: 64, lout: 3, ngpu: 1 });
  equal(row.g_comm, 0);
  equal(row.s_comm, 0);
});

Deno.test("the artifact's profile has an eighth of AttAcc's all-reduces, norms and activations", async () => {
  const options = { model: "LLAMA-65B", gpu: "H100", lin: 300, lout: 3 } as const;
  const artifact = await rowOf(options);
  const attacc = await rowOf({ ...options, switches: { "gpu-time-divisor": 1 } });
  for (const name of ["g2g_comm", "s_comm", "g_lnorm", "s_lnorm"] as const) {
    near(attacc[name], 8 * artifact[name], name);
  }
  equal(attacc.g_fc, artifact.g_fc);
  equal(attacc["g_energy (nJ)"], artifact["g_energy (nJ)"]);
});

Deno.test("buffer traffic counts a MAC twice, once, or twice in the first step only", async () => {
  const energyOf = async (traffic: string, model: SystemSpec["model"] = "Mistral-7B") => {
    const switches = { "buffer-traffic": traffic };
    const row = await rowOf({ ...PIM, model, pim: "buffer", lout: 4, lin: 4093, switches });
    return row.g_attn_mem_energy;
  };
  const [twice, once, fresh] = await Promise.all(
    ["twice", "once", "fresh"].map((t) => energyOf(t)),
  );
  ok(once! < fresh! && fresh! < twice!);
  // One of three steps; contexts of 4094 to 4096 tokens differ little.
  ok(Math.abs((fresh! - once!) / (twice! - once!) - 1 / 3) < 1e-3);
  // This model's results never come from the cache.
  equal(await energyOf("fresh", "MT-76B"), await energyOf("once", "MT-76B"));
});

Deno.test("all steps' distinct programs go to the memory in one call", async () => {
  const memory = new TableMemory();
  const spec = parseSystemSpec({
    ...PIM,
    powerlimit: true,
    batch: 16,
    lout: 9,
    sparsity: { kvBudgets: [256, 512, 256, 1024] },
  });
  const { perStep } = await simulateSystem(spec, memory);
  equal(memory.batches.length, 1);
  deepEqual(memory.batches[0]!.map(({ keptTokens }) => keptTokens), [256, 512, 1024]);
  deepEqual([...perStep.contextTokens], [2049, 2050, 2051, 2052, 2053, 2054, 2055, 2056]);
  deepEqual([...perStep.keptTokens], [256, 512, 256, 1024, 1024, 1024, 1024, 1024]);
  deepEqual([...perStep.attentionCycles], [465, 930, 465, 1890, 1890, 1890, 1890, 1890]);
});

Deno.test("without a memory only attention outside memory runs", async () => {
  const { perStep } = await simulateSystem(parseSystemSpec({ lin: 10, lout: 3 }));
  deepEqual(perStep, {
    contextTokens: Int32Array.of(11, 12),
    keptTokens: Int32Array.of(11, 12),
    attentionCycles: Float64Array.of(0, 0),
    cycleNs: 0.769,
  });
  await rejects(simulateSystem(parseSystemSpec(PIM)), {
    name: "TypeError",
    message: "Expected a memory for --system dgx-attacc but found none",
  });
});

Deno.test("a clustering step of more than 16 heads a stack is simulated or, as it was, zero", async () => {
  const options: SystemOptions = {
    ...PIM,
    batch: 24,
    clustering: "last-step",
    sparsity: { kvBudget: 64 },
  };
  const cycles = async (switches: Record<string, string>) => {
    const spec = parseSystemSpec({ ...options, switches });
    const { perStep, notes } = await simulateSystem(spec, new ProportionalMemory());
    return { cycles: [...perStep.attentionCycles], notes: notes.join() };
  };
  const simulated = await cycles({});
  deepEqual(simulated.cycles, [1280, 1280, 1280]);
  ok(/more than 16 heads a stack/.test(simulated.notes));
  const zero = await cycles({ "pair-clustering": "zero" });
  deepEqual(zero.cycles, [1280, 1280, 0]);
  ok(!/more than 16 heads a stack/.test(zero.notes));
});

Deno.test("a result says where the reference would have failed or misled", async () => {
  const notesOf = async (options: SystemOptions) =>
    (await simulateSystem(
      parseSystemSpec({ lin: 64, lout: 3, ...options }),
      new ProportionalMemory(),
    ))
      .notes.join("\n");
  const plain = { ...PIM, model: "GPT-13B" } as const;
  equal(await notesOf(plain), "");
  const cases: [SystemOptions, RegExp][] = [
    [{ model: "GPT-13B" }, /TypeError for --system dgx;/],
    [{ model: "GPT-13B", system: "dgx-cpu" }, /TypeError for --system dgx-cpu;/],
    [{ ...plain, pim: "bg" }, /no generator for --pim bg/],
    [{ ...plain, sparsity: { ratio: 0.5 } }, /ignores --sparsity_ratio/],
    [{ ...plain, clustering: "last-step" }, /Without sparsity the reference clusters nothing/],
    [{ ...plain, profile: "attacc", sparsity: { kvBudget: 1 } }, /AttAcc has no sparsity/],
    [{ model: "GPT-13B", sparsity: { kvBudget: 1 } }, /Sparsity changes nothing for --system dgx/],
    [{ system: "dgx-cpu", ngpu: 4 }, /8 GPUs of 80 GiB whatever --ngpu and --gmemcap say/],
    [{ ...plain, ngpu: 7 }, /40 heads do not divide among 7 GPUs; .* the 5 left over/],
    [{ ...plain, model: "MT-146B" }, /MT-146B have 128 elements, in its layers 153/],
    [{ ...plain, model: "Mistral-7B" }, /Mistral-7B is given a two-matrix GELU block/],
    [{ ...plain, model: "Llama-8B" }, /lost Llama-8B in its last commit/],
    [{ ngpu: 1 }, /The run takes 324\.\d GiB and the devices have 80/],
  ];
  for (const [options, note] of cases) ok(note.test(await notesOf(options)), String(note));
});

Deno.test("the feed-forward block is by name or as the model has it", async () => {
  const options = { model: "Mistral-7B", lin: 64, lout: 3 } as const;
  const byName = await rowOf(options);
  const asBuilt = await rowOf({ ...options, switches: { "feed-forward": "as-built" } });
  // A third matrix of 4096 by 14336, 2 bytes an element, in 32 layers.
  equal(asBuilt.required_cap - byName.required_cap, 4096 * 14336 * 2 * 32);
  ok(asBuilt.g_ff_time > 1.3 * byName.g_ff_time);
});

Deno.test("the CPU system has 8 GPUs, or those given", async () => {
  const options = { system: "dgx-cpu", model: "GPT-13B", lin: 64, lout: 3, ngpu: 4 } as const;
  equal((await rowOf(options)).cores, 8);
  const given = await rowOf({ ...options, switches: { "dgx-cpu-gpus": "given" } });
  equal(given.cores, 4);
  equal(given.cap, 4 * 80 + 2048);
});
