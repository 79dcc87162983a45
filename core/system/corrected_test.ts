/**
 * What each correction changes, against numbers worked out by hand.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { hbm3PimDevice } from "../memory/hbm3_pim_device.ts";
import type { AttentionProgram, MemoryModel, MemoryResult } from "../memory/memory_model.ts";
import type { SystemRow } from "./columns.ts";
import { simulateSystem } from "./simulate.ts";
import { parseSystemSpec, type SystemOptions } from "./spec.ts";
import { pimTokenWrite, tokenWriteCycles } from "./token_write.ts";

/** A memory that remembers what it was asked and answers always the same. */
class FixedMemory implements MemoryModel {
  readonly name = "fixed";
  readonly digest = "fixed";
  readonly cycleNs = 0.769;
  readonly asked: AttentionProgram[] = [];
  constructor(readonly result: MemoryResult) {}
  keyOf = (program: AttentionProgram) => JSON.stringify(program);
  simulate(programs: readonly AttentionProgram[]) {
    this.asked.push(...programs);
    return Promise.resolve(programs.map(() => this.result));
  }
}

const COUNTS = { cycles: 10000, mac: 2000, softmax: 13, mvgb: 700, mvsb: 500, wrgb: 100 };
const PIM: SystemOptions = {
  system: "dgx-attacc",
  gpu: "H100",
  model: "Mistral-7B",
  lin: 4000,
  lout: 2,
  batch: 16,
  pipeopt: true,
  sparsity: { kvBudget: 1024 },
};

async function run(options: SystemOptions, result: MemoryResult = COUNTS) {
  const memory = new FixedMemory(result);
  const { row, notes } = await simulateSystem(parseSystemSpec({ ...PIM, ...options }), memory);
  return { row, notes, program: memory.asked[0]! };
}

/** Rows without and with one switch. */
async function pair(
  switches: Record<string, string>,
  options: SystemOptions = {},
  result: MemoryResult = COUNTS,
): Promise<[before: SystemRow, after: SystemRow]> {
  return [(await run(options, result)).row, (await run({ ...options, switches }, result)).row];
}

const near = (found: number, expected: number, tolerance = 1e-9) =>
  ok(Math.abs(found - expected) <= tolerance * Math.abs(expected), `${found}, not ${expected}`);

const LAYERS = 32;

Deno.test("the prompt takes as long whether the queries of a group read once or each", async () => {
  const row = async (how: string) => (await run({ switches: { "key-value-heads": how } })).row;
  const [once, each] = [await row("read-once"), await row("read-by-each")];
  deepEqual([once.s_time, once.s_matmul, once.s_softmax], [
    each.s_time,
    each.s_matmul,
    each.s_softmax,
  ]);
});

Deno.test("8-bit operands double what a GPU does for a byte, where sys_opb looks at the word", async () => {
  const opb = async (word: 1 | 2, how: string) =>
    (await run({ word, switches: { "operations-per-byte": how } })).row.sys_opb;
  equal(await opb(1, "of-16-bit"), await opb(2, "of-16-bit"));
  equal(await opb(1, "of-the-word"), 2 * await opb(2, "of-the-word"));
});

Deno.test("shared heads: a quarter of the cache, half the QKV matrix, 4 heads a stack", async () => {
  const before = await run({});
  const after = await run({ switches: { "key-value-heads": "read-once" } });
  // Keys and values of 24 heads fewer, 4001 tokens, 16 requests; and 2 x 3072 columns of weights.
  const cache = LAYERS * 2 * 4001 * 24 * 128 * 2 * 16;
  const weights = LAYERS * 2 * 4096 * 24 * 128 * 2;
  equal(before.row.required_cap - after.row.required_cap, cache + weights);
  deepEqual([before.program.heads, before.program.queries], [13, undefined]);
  // One head a GPU for each of 16 requests, on 5 stacks.
  deepEqual([after.program.heads, after.program.queries], [4, 4]);
  deepEqual([before.row.gqa_size, after.row.gqa_size], [0, 4]);
  // (4096 + 2 x 1024) / (3 x 4096) of the projection's operations, all else being the same.
  const projection = 2 * 16 * 4096 * LAYERS;
  near(before.row.g_flops - after.row.g_flops, projection * 2 * 3072);
  ok(after.notes.some((note) => /queries of a group read the same tokens/.test(note)));
});

Deno.test("heads that each query reads by itself keep the memory's work", async () => {
  const before = await run({});
  const after = await run({ switches: { "key-value-heads": "read-by-each" } });
  deepEqual(after.program, before.program);
  ok(after.row.required_cap < before.row.required_cap);
  ok(after.row.c2g_comm < before.row.c2g_comm);
});

Deno.test("a model without shared heads is the same whoever reads them", async () => {
  for (const how of ["read-by-each", "read-once"]) {
    const switches = { "key-value-heads": how };
    const [before, after] = await pair(switches, { model: "GPT-13B" });
    deepEqual({ ...after, gqa_size: 0 }, before);
  }
});

Deno.test("the way to the units costs 8 times as much by the byte", async () => {
  const [before, after] = await pair({ "way-energy": "per-byte" });
  const moved = 100 + 500 + 700;
  const bits = 100 * 0.3 + moved * (0.5 + 1.23 + 1.01);
  // 32 bytes a column, 5 stacks, 8 accelerators, in nJ.
  near(
    after.g_attn_mem_energy - before.g_attn_mem_energy,
    7 * bits * 32 * 5 * 8 * LAYERS / 1000,
    1e-6,
  );
});

Deno.test("arithmetic is that of both products over the kept tokens", async () => {
  const [before, after] = await pair({ "attention-arithmetic": "kept" });
  const multiplyAdds = 128 * 32 * 16;
  const nanojoules = 0.32 * multiplyAdds * LAYERS / 1000;
  near(
    after.g_attn_comp_energy - before.g_attn_comp_energy,
    (2 * 1024 - 4001) * nanojoules,
    1e-6,
  );
});

Deno.test("softmax has as many elements as tokens are read", async () => {
  const [before, after] = await pair({ "softmax-tokens": "kept" });
  const perToken = (5 / 2 * 0.32) * 32 * 16 * LAYERS / 1000;
  near(after.g_attn_comp_energy - before.g_attn_comp_energy, (1024 - 4001) * perToken, 1e-6);
});

Deno.test("the softmax of unpaired heads takes its time, that of pairs runs beside MACs", async () => {
  const switches = { "softmax-time": "exposed", "softmax-tokens": "kept" };
  const [, one] = await pair(switches);
  // 5 operations of 1024 elements of 64 heads at 5 x 670.4 G a second.
  near(one.g_softmax, 5 * 1024 * 64 / 3352e9 * LAYERS * 1000);
  const [, two] = await pair(switches, { batch: 40 });
  equal(two.g_softmax, 0);
  // 39 heads: a pair of 16 and 7 alone.
  const [, three] = await pair(switches, { batch: 48 });
  near(three.g_softmax, 5 * 1024 * 192 / 3352e9 * (7 / 39) * LAYERS * 1000);
});

Deno.test("projections lose in proportion, so that neither falls below zero", async () => {
  // With shared heads QKV is less than three quarters of the projections.
  const heads = { "key-value-heads": "read-by-each" };
  const options = { ngpu: 1, switches: heads } as const;
  const counts = { ...COUNTS, cycles: 33000 };
  const { row: before } = await run(options, counts);
  const switches = { ...heads, "hidden-time": "bounded" };
  const { row: after } = await run({ ...options, switches }, counts);
  ok(before.g_qkv_time < 0, `${before.g_qkv_time}`);
  ok(after.g_qkv_time > 0 && after.g_prj_time > 0);
  // Less is hidden: attention without a softmax that takes no time.
  ok(after.g_fc > before.g_fc);
});

Deno.test("rows opened cost what all their bits do", async () => {
  const [before, after] = await pair({ "activation-energy": "by-rows" });
  // 128 columns of keys and as many of values in each of 13 channels: 8 rows of 64 KiB.
  const opened = 13 * 8 * 64 * 1024;
  const read = 2000 * 64 * 32;
  near(
    after.g_attn_mem_energy - before.g_attn_mem_energy,
    (opened - read) * 0.11 * 8 * 5 * 8 * LAYERS / 1000,
    1e-6,
  );
});

Deno.test("64 heads on 5 stacks spend the energy of 64, not of 65", async () => {
  const [before, after] = await pair({ "stack-energy": "mean" }, { sparsity: null });
  const softmax = 2 * 2 * 4001 * 64 * 0.0034 * 8 * LAYERS / 1000;
  near((after.g_attn_mem_energy - softmax) / (before.g_attn_mem_energy - softmax), 64 / 65, 1e-6);
  equal(after.g_matmul, before.g_matmul);
});

Deno.test("an H100's own link takes two thirds of NVLINK3's time, and the same energy", async () => {
  // Attention of no cycles hides nothing.
  const counts = { ...COUNTS, cycles: 0 };
  const options: SystemOptions = { pipeopt: false, sparsity: { kvBudget: 16 } };
  const bounded = { "hidden-time": "bounded" };
  const [, before] = await pair(bounded, options, counts);
  const [, after] = await pair({ ...bounded, "pim-link": "of-the-gpu" }, options, counts);
  near(after.c2g_comm / before.c2g_comm, 600 / 900);
  equal(after.g_comm_energy, before.g_comm_energy);
});

Deno.test("a token's key and value are written in 230 cycles, from idle to idle", async () => {
  equal(tokenWriteCycles(hbm3PimDevice("limited"), 1, 2, 4), 230);
  const [before, after] = await pair({ "key-value-write": "written" });
  near(after.g_matmul - before.g_matmul, 230 * 0.769e-9 * LAYERS * 1000);
  // 2 x 32 heads x 256 bytes of 16 requests at 28.72 pJ a byte.
  near(
    after.g_attn_mem_energy - before.g_attn_mem_energy,
    2 * 32 * 256 * 16 * 28.72 * LAYERS / 1000,
    1e-6,
  );
});

Deno.test("a write in a GPU's memory takes its share of the bandwidth", async () => {
  const options: SystemOptions = { system: "dgx", sparsity: null, pipeopt: false };
  const [before, after] = await pair({ "key-value-write": "written" }, options);
  const bytes = 2 * 32 * 256 * 16;
  near(after.g_matmul - before.g_matmul, bytes / 8 / (3352e9 * 0.85) * LAYERS * 1000, 1e-6);
});

Deno.test("what does not fit is refused, naming what and where", async () => {
  const switches = { capacity: "enforced" };
  const big = { ...PIM, model: "GPT-175B", lin: 30000, switches } as const;
  await rejects(run(big), {
    name: "RangeError",
    message: "Expected the KV cache to fit the 8 accelerators of 80 GiB but found 2109.4 GiB at " +
      "30001 tokens: lower --batch, --lin or --lout",
  });
  await rejects(
    run({ model: "GPT-175B", ngpu: 2, batch: 1, switches }),
    /Expected the weights to fit the 2 GPUs of 80 GiB but found 324\.\d GiB/,
  );
  await rejects(
    run({ model: "GPT-175B", ngpu: 4, system: "dgx", sparsity: null, switches }),
    /Expected the weights and the KV cache to fit the 4 GPUs/,
  );
});

Deno.test("the prompt's operations do not depend on what follows it", async () => {
  const flops = async (lout: number) => {
    const options = { ...PIM, lout, switches: { "prompt-flops": "whole" } } as const;
    return (await run(options)).row.s_flops;
  };
  equal(await flops(2), await flops(9));
});

Deno.test("buffer PIM writes a key to one bank, column after column", () => {
  const block = {
    model: "Mistral-7B",
    feedForward: "swiglu",
    gpus: 8,
    keyValueHeads: 1,
    queriesARead: 4,
    elementBytes: 2,
    batch: 80,
    remoteAttention: true,
  } as const;
  const accelerator = {
    kind: "pim",
    pim: "buffer",
    power: "limited",
    devices: 8,
    memoryBytes: 0,
    memoryBytesPerSecond: 0,
  } as const;
  const { seconds } = pimTokenWrite(block, 128, accelerator, hbm3PimDevice("limited"));
  // 16 heads on 16 channels; 9 rows, 7 further columns of the key, recovery and precharge.
  near(seconds, (1 + 19 + 8 * 67 + 4 * 7 + 48) * 0.769e-9);
});
